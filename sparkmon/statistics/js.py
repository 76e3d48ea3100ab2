"""The Jensen-Shannon distance."""

import math

import numpy as np

from sparkmon.statistics.binned import BINS, FloatArray, chi2_null_distribution, distance_of
from sparkmon.statistics.statistic import COLUMNS, Summary, statistic


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    sides = np.array([reference, current])
    middle = (reference + current) / 2
    ratios = np.divide(sides, middle, out=np.ones_like(sides), where=sides != 0)
    apart = (sides * np.log2(ratios, out=ratios)).sum(axis=-1).sum(axis=0)
    value: FloatArray = np.sqrt(np.maximum(apart / 2, 0.0))
    return value


@statistic(
    COLUMNS,
    chi2_null_distribution(_distance, scale=8 * math.log(2), power=2),
    threshold=0.1,
    rooted=True,
    greatest=1,
    by_blocks=True,
)
def js(reference: Summary, current: Summary, *, bins: int = BINS) -> float:
    """Return how unlike two sets of shares are, on a scale from 0 to 1.

    In [0, 1], without unit: 0 for equal shares, 1 for sides with no bin in common. A normal column shifted by 0.24
    standard deviations has about 0.1, the default threshold.

    The square root of the Jensen-Shannon divergence in bits: the mean of the Kullback-Leibler divergences of either
    side from their middle (p + q) / 2. It is a metric; bins empty on one side need no floor.

    *Accuracy* and *cost*: those of all binned statistics.

    *Noise*: 8 ln 2 times the squared value over c is about chi-square with B - 1 degrees of freedom.

    References
    ----------
    .. [1] Lin: Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory 37, 1991.
    .. [2] Endres, Schindelin: A new metric for probability distributions. IEEE Transactions on Information Theory 49,
       2003.

    Examples
    --------
    >>> from sparkmon.distributions import Categories
    >>> reference = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    >>> round(js(reference, Categories({"a": 60, "b": 40}, null_count=0, n=100)), 6)
    0.085435
    """
    return distance_of(_distance, reference, current, bins)

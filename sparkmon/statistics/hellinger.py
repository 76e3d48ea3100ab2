"""The Hellinger distance."""

import numpy as np

from sparkmon.statistics.binned import BINS, FloatArray, chi2_null_distribution, distance_of
from sparkmon.statistics.statistic import COLUMNS, Summary, statistic


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    squares = (np.sqrt(reference) - np.sqrt(current)) ** 2
    value: FloatArray = np.sqrt(squares.sum(axis=-1) / 2)
    return value


@statistic(COLUMNS, chi2_null_distribution(_distance, scale=8, power=2), threshold=0.1, rooted=True, greatest=1)
def hellinger(reference: Summary, current: Summary, *, bins: int = BINS) -> float:
    """Return how far apart the square roots of two sets of shares are.

    In [0, 1], without unit: 0 for equal shares, 1 for sides with no bin in common. A normal column shifted by 0.29
    standard deviations has about 0.1, the default threshold.

    sqrt(1/2 sum over bins of (sqrt(p) - sqrt(q))^2). It is a metric; bins empty on one side need no floor.

    *Accuracy* and *cost*: those of all binned statistics.

    *Noise*: 8 times the squared value over c is about chi-square with B - 1 degrees of freedom.

    References
    ----------
    .. [1] Hellinger: Neue Begruendung der Theorie quadratischer Formen von unendlichvielen Veraenderlichen. Journal
       fuer die reine und angewandte Mathematik 136, 1909.
    .. [2] Le Cam, Yang: Asymptotics in Statistics. Springer, 2000.

    Examples
    --------
    >>> from sparkmon.distributions import Categories
    >>> reference = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    >>> round(hellinger(reference, Categories({"a": 60, "b": 40}, null_count=0, n=100)), 6)
    0.071161
    """
    return distance_of(_distance, reference, current, bins)

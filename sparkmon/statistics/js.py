"""The Jensen-Shannon distance."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.statistics.binned import chi2_null_distribution, shares
from sparkmon.statistics.statistic import (
    CATEGORICAL,
    NUMERIC,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    fixed_threshold,
)

FloatArray: TypeAlias = npt.NDArray[np.float64]

_THRESHOLD = 0.1
_BINS = 10


def js(reference: Summary, current: Summary, *, bins: int = _BINS) -> float:
    """Return how unlike two sets of shares are, on a scale from 0 to 1.

    Parameters
    ----------
    reference, current : Distribution or Categories
        The training side and the live side, of one kind. Rows without a value are one more bin.
    bins : int, default 10
        Quantile bins of a numeric reference with more than 50 distinct values.

    Returns
    -------
    float
        In [0, 1], without unit: 0 for equal shares, 1 for sides with no bin in common. NaN if a side has no rows.

    Raises
    ------
    ProfileError
        One side has numbers and the other named levels.

    Notes
    -----
    The square root of the Jensen-Shannon divergence in bits: the mean of the Kullback-Leibler divergences of either
    side from their middle (p + q) / 2, p the reference's share of a bin, q the current one. It is a metric. Bins empty
    on one side need no floor. Bins come from the reference alone. A normal column shifted by 0.24 standard deviations
    has about 0.1, the default threshold.

    *Accuracy*: exact on samples. From sketches, see :func:`sparkmon.statistics.binned.chi2_null_distribution`.

    *Noise*: with c = 1/m + 1/n and B bins in which either side has rows, 8 ln 2 times the squared value over c is about
    chi-square with B - 1 degrees of freedom if both sides come from one distribution.

    *Cost*: one search per bin edge in each support.

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
    sides = shares(reference, current, bins)
    return float(_distance(sides.reference, sides.current))


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    middle = (reference + current) / 2
    apart = _divergence(reference, middle) + _divergence(current, middle)
    value: FloatArray = np.sqrt(np.maximum(apart / 2, 0.0))
    return value


def _divergence(side: FloatArray, middle: FloatArray) -> FloatArray:
    ratios = np.divide(side, middle, out=np.ones_like(middle), where=side != 0)
    divergence: FloatArray = (side * np.log2(ratios)).sum(axis=-1)
    return divergence


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    return chi2_null_distribution(
        shares(reference, current), _distance, value, threshold, scale=8 * math.log(2), power=2
    )


STATISTICS.add(
    "js",
    Statistic("js", js, NUMERIC | CATEGORICAL, fixed_threshold(_THRESHOLD), _null_distribution),
)

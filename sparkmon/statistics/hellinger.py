"""The Hellinger distance."""

from __future__ import annotations

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


def hellinger(reference: Summary, current: Summary, *, bins: int = _BINS) -> float:
    """Return how far apart the square roots of two sets of shares are.

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
    sqrt(1/2 sum over bins of (sqrt(p) - sqrt(q))^2), p the reference's share, q the current one. It is a metric; bins
    empty on one side need no floor. Bins come from the reference alone. A normal column shifted by 0.29 standard
    deviations has about 0.1, the default threshold.

    *Accuracy*: exact on samples. From sketches, see :func:`sparkmon.statistics.binned.chi2_null_distribution`.

    *Noise*: with c = 1/m + 1/n and B bins in which either side has rows, 8 times the squared value over c is about
    chi-square with B - 1 degrees of freedom if both sides come from one distribution.

    *Cost*: one search per bin edge in each support.

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
    sides = shares(reference, current, bins)
    return float(_distance(sides.reference, sides.current))


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    squares = (np.sqrt(reference) - np.sqrt(current)) ** 2
    value: FloatArray = np.sqrt(squares.sum(axis=-1) / 2)
    return value


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    return chi2_null_distribution(
        shares(reference, current), _distance, value, threshold, scale=8, power=2
    )


STATISTICS.add(
    "hellinger",
    Statistic(
        "hellinger",
        hellinger,
        NUMERIC | CATEGORICAL,
        fixed_threshold(_THRESHOLD),
        _null_distribution,
    ),
)

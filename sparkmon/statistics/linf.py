"""The greatest difference of shares."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.statistics.binned import binned_error, shares
from sparkmon.statistics.laws.tail_probabilities import upper_point
from sparkmon.statistics.statistic import (
    CATEGORICAL,
    NUMERIC,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    fixed_threshold,
    least_rows,
)

FloatArray: TypeAlias = npt.NDArray[np.float64]

_THRESHOLD = 0.1
_BINS = 10
_CHANCE = 0.001
_STEPS = 64


def linf(reference: Summary, current: Summary, *, bins: int = _BINS) -> float:
    """Return by how much the share of the bin that differs most has changed.

    Parameters
    ----------
    reference, current : Distribution or Categories
        The training side and the live side, of one kind. Rows without a value are one more bin.
    bins : int, default 10
        Quantile bins of a numeric reference with more than 50 distinct values.

    Returns
    -------
    float
        In [0, 1], without unit: 0 for equal shares. NaN if a side has no rows.

    Raises
    ------
    ProfileError
        One side has numbers and the other named levels.

    Notes
    -----
    max over bins of abs(p - q), p the reference's share, q the current one. Bins come from the reference alone. Of ten
    quantile bins none holds more than a tenth: a numeric column must pile up in one bin to exceed 0.1, the default
    threshold. It is made for columns of few levels.

    *Accuracy*: exact on samples. From sketches, see :func:`sparkmon.statistics.binned.chi2_null_distribution`.

    *Noise*: if both sides come from one distribution, the p - q of the bins are about normal with variances
    p (1 - p) c, c = 1/m + 1/n. Their greatest size stays below x at least as often as if they were independent, and
    near the tail about as often: the p-value and the expected value are those of independent bins, and err upwards.

    *Cost*: one search per bin edge in each support.

    References
    ----------
    .. [1] Sidak: Rectangular confidence regions for the means of multivariate normal distributions. Journal of the
       American Statistical Association 62, 1967.
    .. [2] Breck, Polyzotis, Roy, Whang, Zinkevich: Data validation for machine learning. MLSys 2019.

    Examples
    --------
    >>> from sparkmon.distributions import Categories
    >>> reference = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    >>> round(linf(reference, Categories({"a": 60, "b": 40}, null_count=0, n=100)), 6)
    0.1
    """
    sides = shares(reference, current, bins)
    return float(_distance(sides.reference, sides.current))


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    value: FloatArray = np.abs(reference - current).max(axis=-1)
    return value


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    sides = shares(reference, current)
    sketch_error = binned_error(sides, _distance, value)
    deviations = _deviations(sides.pooled)
    ratio = threshold / _point(_deviations(sides.reference))
    return Measurement(
        value=value,
        threshold=threshold,
        noise=_mean(deviations) * sides.noise_scale,
        p_value=_sf(max(0.0, value - sketch_error) / sides.noise_scale, deviations),
        sketch_error=sketch_error,
        least_rows=least_rows(ratio * ratio, sides.reference_count),
        reference_count=sides.reference_count,
        current_count=sides.current_count,
        detail={"bins": sides.bins},
    )


def _deviations(shares: FloatArray) -> FloatArray:
    """Return the standard deviations of p - q over sqrt(1/m + 1/n), of the bins that have any."""
    deviations: FloatArray = np.sqrt(shares * (1 - shares))
    return deviations[deviations > 0]


def _sf(value: float, deviations: FloatArray) -> float:
    """Return how often the greatest of independent normal variables exceeds ``value`` in size."""
    if value <= 0:
        return 1.0
    tails = [math.erfc(value / (deviation * math.sqrt(2))) for deviation in deviations]
    if 1.0 in tails:
        return 1.0
    return -math.expm1(math.fsum(math.log1p(-tail) for tail in tails))


def _mean(deviations: FloatArray) -> float:
    if not deviations.size:
        return 0.0
    points = np.linspace(0, 8 * deviations.max(), _STEPS)
    heights = [_sf(float(point), deviations) for point in points]
    return float(np.trapezoid(heights, points))


def _point(deviations: FloatArray) -> float:
    """Return the value exceeded once in 1,000 cases; the least double if there is no noise."""
    highest = float(8 * deviations.max(initial=0.0))
    return upper_point(lambda value: _sf(value, deviations), _CHANCE, highest)


STATISTICS.add(
    "linf",
    Statistic("linf", linf, NUMERIC | CATEGORICAL, fixed_threshold(_THRESHOLD), _null_distribution),
)

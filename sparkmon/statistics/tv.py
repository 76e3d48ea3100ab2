"""The total variation distance."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.statistics.binned import binned_error, shares
from sparkmon.statistics.laws.tail_probabilities import chi2_sf, upper_point
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
_MOST_DEGREES = 1e5


def tv(reference: Summary, current: Summary, *, bins: int = _BINS) -> float:
    """Return the share of rows that would have to change their bin for two sets of shares to be equal.

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
    1/2 sum over bins of abs(p - q), p the reference's share, q the current one. Bins come from the reference alone. A
    normal column shifted by 0.25 standard deviations has about 0.1, the default threshold.

    *Accuracy*: exact on samples. From sketches, see :func:`sparkmon.statistics.binned.chi2_null_distribution`.

    *Noise*: if both sides come from one distribution, the p - q of the bins are about normal with variances p (1 - p)
    c, c = 1/m + 1/n, and the correlations of a multinomial. That gives the value's mean and variance; its tail is
    taken for that of a chi variable of the same mean and variance, which it is for two bins, with degrees of freedom
    that need not be whole.

    *Cost*: one search per bin edge in each support.

    References
    ----------
    .. [1] Nabeya: Absolute moments in 2-dimensional normal distribution. Annals of the Institute of Statistical
       Mathematics 3, 1951.
    .. [2] Levin, Peres: Markov Chains and Mixing Times. American Mathematical Society, 2017.

    Examples
    --------
    >>> from sparkmon.distributions import Categories
    >>> reference = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    >>> round(tv(reference, Categories({"a": 60, "b": 40}, null_count=0, n=100)), 6)
    0.1
    """
    sides = shares(reference, current, bins)
    return float(_distance(sides.reference, sides.current))


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    value: FloatArray = np.abs(reference - current).sum(axis=-1) / 2
    return value


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    sides = shares(reference, current)
    sketch_error = binned_error(sides, _distance, value)
    mean, degrees = _noise(sides.pooled)
    evidence = max(0.0, value - sketch_error) / sides.noise_scale
    ratio = threshold / _point(*_noise(sides.reference))
    return Measurement(
        value=value,
        threshold=threshold,
        noise=mean * sides.noise_scale,
        p_value=_chi_sf(evidence, mean, degrees),
        sketch_error=sketch_error,
        least_rows=least_rows(ratio * ratio, sides.reference_count),
        reference_count=sides.reference_count,
        current_count=sides.current_count,
        detail={"bins": sides.bins},
    )


def _noise(shares: FloatArray) -> tuple[float, float]:
    """Return the mean of the noise over sqrt(1/m + 1/n), and the degrees of freedom of the chi variable it is like."""
    filled = shares[(shares > 0) & (shares < 1)]
    if not filled.size:
        return 0.0, 1.0
    deviations = np.sqrt(filled * (1 - filled))
    odds = np.sqrt(filled / (1 - filled))
    correlations = np.clip(-np.outer(odds, odds), -1.0, 1.0)
    np.fill_diagonal(correlations, 1.0)
    # Of two normal variables with correlation r: the covariance of their absolute values, times pi / 2.
    like = correlations * np.arcsin(correlations) + np.sqrt(1 - correlations**2) - 1
    mean = float(deviations.sum()) / math.sqrt(2 * math.pi)
    variance = float(deviations @ like @ deviations) / (2 * math.pi)
    low, high = 1.0, _MOST_DEGREES
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        too_many = middle / _chi_mean(middle) ** 2 - 1 < variance / mean**2
        low, high = (low, middle) if too_many else (middle, high)
    return mean, low


def _chi_sf(value: float, mean: float, degrees: float) -> float:
    """Return how often a chi variable, scaled to this mean, exceeds ``value``."""
    if value <= 0 or not mean:
        return 1.0 if value <= 0 else 0.0
    square = (value * _chi_mean(degrees) / mean) ** 2
    whole = int(degrees)
    lower, upper = chi2_sf(square, whole), chi2_sf(square, whole + 1)
    return float(lower * (upper / lower) ** (degrees - whole)) if lower else upper


def _chi_mean(degrees: float) -> float:
    return math.sqrt(2) * math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2))


def _point(mean: float, degrees: float) -> float:
    """Return the value exceeded once in 1,000 cases; the least double if there is no noise."""
    return upper_point(lambda value: _chi_sf(value, mean, degrees), _CHANCE, 20 * mean)


STATISTICS.add(
    "tv",
    Statistic("tv", tv, NUMERIC | CATEGORICAL, fixed_threshold(_THRESHOLD), _null_distribution),
)

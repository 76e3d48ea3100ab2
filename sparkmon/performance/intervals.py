"""Confidence intervals of what is read off sums, all at 95 %."""

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np

from sparkmon.distributions.arrays import FloatArray

LEVEL = 0.95
_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
_DRAWS = 200
_SEED = 2_005


def wilson(share: float, rows: float) -> tuple[float, float]:
    """Return the interval of a share of rows (Wilson 1927).

    >>> tuple(round(end, 4) for end in wilson(0.9, 50))
    (0.7864, 0.9565)
    """
    if not rows:
        return math.nan, math.nan
    squared = _Z**2 / rows
    middle = (share + squared / 2) / (1 + squared)
    half = _Z / (1 + squared) * math.sqrt(share * (1 - share) / rows + squared / (4 * rows))
    return max(0.0, middle - half), min(1.0, middle + half)


def of_mean(mean: float, mean_of_squares: float, rows: float) -> tuple[float, float]:
    """Return the interval of a mean, from that of the squares: as normal as rows are many."""
    if rows < 2:
        return math.nan, math.nan
    variance = max(0.0, mean_of_squares - mean**2) * rows / (rows - 1)
    half = _Z * math.sqrt(variance / rows)
    return mean - half, mean + half


def mean_of(sums: FloatArray) -> tuple[float, float, float]:
    """Return a mean that is not negative, and its interval, from rows, their sum and that of their squares."""
    if not sums[0]:
        return math.nan, math.nan, math.nan
    mean, squares = map(float, sums[1:] / sums[0])
    low, high = of_mean(mean, squares, float(sums[0]))
    return mean, max(low, 0.0), high


def of_counts(counts: FloatArray, values: Callable[[FloatArray], FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return the intervals of values that counts give.

    They are the percentiles of 200 Poisson draws of the counts (Hanley and MacGibbon 2006), always the same ones, of
    which ``values`` makes draws x values.
    """
    draws = values(np.random.default_rng(_SEED).poisson(counts, (_DRAWS, *counts.shape)).astype(float))
    is_defined = ~np.isnan(draws).all(axis=0)
    low, high = np.full((2, draws.shape[1]), np.nan)
    ends = [50 * (1 - LEVEL), 50 * (1 + LEVEL)]
    if is_defined.any():
        low[is_defined], high[is_defined] = np.nanpercentile(draws[:, is_defined], ends, axis=0)
    return low, high


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide; NaN where nothing can be divided by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result: FloatArray = np.where(denominator > 0, numerator / denominator, np.nan)
    return result


def normal_half(deviation: float, rows: float) -> float:
    """Return half the width of the interval of a mean of rows with this standard deviation."""
    return _Z * deviation / math.sqrt(rows) if rows else math.nan

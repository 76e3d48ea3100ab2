"""The total variation distance."""

import math
from dataclasses import dataclass

import numpy as np

from sparkmon.statistics.binned import BINS, FloatArray, distance_of, scaled_null_distribution
from sparkmon.statistics.laws.tail_probabilities import chi2_sf
from sparkmon.statistics.statistic import COLUMNS, Summary, statistic

_MOST_DEGREES = 1e5


@dataclass(frozen=True)
class _Chi:
    """The distribution of a chi variable that is scaled to a mean; its degrees of freedom need not be whole."""

    mean: float
    degrees: float

    def sf(self, value: float) -> float:
        if value <= 0 or not self.mean:
            return 1.0 if value <= 0 else 0.0
        square = (value * _chi_mean(self.degrees) / self.mean) ** 2
        whole = int(self.degrees)
        lower, upper = chi2_sf(square, whole), chi2_sf(square, whole + 1)
        return float(lower * (upper / lower) ** (self.degrees - whole)) if lower else upper


def _law(shares: FloatArray) -> _Chi:
    """Return a chi variable of the mean and the variance that sampling gives the value over sqrt(c)."""
    filled = shares[(shares > 0) & (shares < 1)]
    if not filled.size:
        return _Chi(0.0, 1.0)
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
    return _Chi(mean, low)


def _chi_mean(degrees: float) -> float:
    return math.sqrt(2) * math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2))


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    value: FloatArray = np.abs(reference - current).sum(axis=-1) / 2
    return value


@statistic(COLUMNS, scaled_null_distribution(_distance, _law), threshold=0.1, rooted=True, greatest=1)
def tv(reference: Summary, current: Summary, *, bins: int = BINS) -> float:
    """Return the share of rows that would have to change their bin for two sets of shares to be equal.

    In [0, 1], without unit: 0 for equal shares, 1 for sides with no bin in common. A normal column shifted by 0.25
    standard deviations has about 0.1, the default threshold.

    1/2 sum over bins of abs(p - q).

    *Accuracy* and *cost*: those of all binned statistics.

    *Noise*: the p - q of the bins are about normal with variances p (1 - p) c and the correlations of a multinomial.
    That gives the value's mean and variance; its tail is taken for that of a chi variable of the same mean and
    variance, which it is for two bins.

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
    return distance_of(_distance, reference, current, bins)

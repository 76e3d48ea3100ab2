"""The greatest difference of shares."""

import math
from dataclasses import dataclass

import numpy as np

from sparkmon.statistics.binned import BINS, FloatArray, distance_of, scaled_null_distribution
from sparkmon.statistics.statistic import COLUMNS, Summary, statistic

_STEPS = 64


@dataclass(frozen=True)
class _Greatest:
    """The distribution of the greatest size of independent normal variables with these standard deviations."""

    deviations: FloatArray

    @property
    def mean(self) -> float:
        points = np.linspace(0, 8 * self.deviations.max(initial=0.0), _STEPS)
        return float(np.trapezoid([self.sf(point) for point in points.tolist()], points))

    def sf(self, value: float) -> float:
        if value <= 0:
            return 1.0
        tails = [math.erfc(value / (deviation * math.sqrt(2))) for deviation in self.deviations]
        if 1.0 in tails:
            return 1.0
        return -math.expm1(math.fsum(math.log1p(-tail) for tail in tails))


def _law(shares: FloatArray) -> _Greatest:
    deviations: FloatArray = np.sqrt(shares * (1 - shares))
    return _Greatest(deviations[deviations > 0])


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    value: FloatArray = np.abs(reference - current).max(axis=-1)
    return value


@statistic(COLUMNS, scaled_null_distribution(_distance, _law), threshold=0.1, greatest=1)
def linf(reference: Summary, current: Summary, *, bins: int = BINS) -> float:
    """Return by how much the share of the bin that differs most has changed.

    In [0, 1], without unit: 0 for equal shares. Of ten quantile bins none holds more than a tenth: a numeric column
    must pile up in one bin to exceed 0.1, the default threshold. It is made for columns of few levels.

    max over bins of abs(p - q).

    *Accuracy* and *cost*: those of all binned statistics.

    *Noise*: the p - q of the bins are about normal with variances p (1 - p) c. Their greatest size stays below x at
    least as often as if they were independent, and near the tail about as often: the p-value and the expected value are
    those of independent bins, and err upwards.

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
    return distance_of(_distance, reference, current, bins)

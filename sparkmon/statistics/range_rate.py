"""The share of rows outside the reference's range."""

import math

from sparkmon.distributions.distribution import Distribution
from sparkmon.statistics.laws.rates import excess_measurement
from sparkmon.statistics.statistic import NUMERIC, Measurement, statistic

_SINGLE = 1e-7
"""Relative slack within which a 32-bit and a 64-bit reading of one number meet."""


def _range(reference: Distribution) -> tuple[float, float]:
    return (reference.least - _SINGLE * abs(reference.least), reference.greatest + _SINGLE * abs(reference.greatest))


def _null_distribution(reference: Distribution, current: Distribution, value: float, threshold: float) -> Measurement:
    least, greatest = _range(reference)
    ends = 2 - (current.least >= least) - (current.greatest <= greatest)
    sketch_error = ends * current.rank_error
    return excess_measurement(1.0, reference.n, current.n, value, threshold, sketch_error)


@statistic(NUMERIC, _null_distribution, threshold=0.01, of_novelty=True, greatest=1)
def range_rate(reference: Distribution, current: Distribution) -> float:
    """Return the share of current rows below the reference's least or above its greatest value.

    In [0, 1]: 0.01, the default threshold, is one row in a hundred. NaN if the reference's extremes are not known
    (percentiles without them).

    The reference's own share is 0: a range that has become narrower is no news here. A value within a ten-millionth
    of an extreme is inside: 32-bit and 64-bit readings of one number meet.

    *Accuracy*: sketches keep their extremes exactly; the share beyond is off by at most the current side's rank error
    at each end that the current extremes exceed, and exact where they do not.

    *Noise*: of a continuous column a further row is outside with the chance 2 / (m + 1), which is the noise. Whatever
    the column's distribution, the number of n further rows outside is exactly that of Fisher's exact test of 1 row of m
    against them. Ties make p-values larger.

    *Cost*: two searches in the current support.

    References
    ----------
    .. [1] Wilks: Determination of sample sizes for setting tolerance limits. Annals of Mathematical Statistics 12,
       1941.

    Examples
    --------
    >>> range_rate(Distribution.from_sample([3, 5]), Distribution.from_sample([2, 3, 4, 9]))
    0.5
    """
    if not (reference.n and current.n):
        return math.nan
    least, greatest = _range(reference)
    if math.isnan(least) or math.isnan(greatest):
        return math.nan
    low, high = current.values.searchsorted(least), current.values.searchsorted(greatest, "right")
    below, inside = current.ranks[low], current.ranks[high]
    return float(below + (current.ranks[-1] - inside)) / current.n

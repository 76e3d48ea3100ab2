"""The population stability index."""

from functools import partial

import numpy as np

from sparkmon.errors import OptionError
from sparkmon.statistics.binned import BINS, FloatArray, chi2_null_distribution, distance_of
from sparkmon.statistics.statistic import COLUMNS, Summary, statistic

_FLOOR = 1e-4


def _distance(reference: FloatArray, current: FloatArray, floor: float = _FLOOR) -> FloatArray:
    expected, observed = np.maximum(reference, floor), np.maximum(current, floor)
    value: FloatArray = ((observed - expected) * np.log(observed / expected)).sum(axis=-1)
    return value


@statistic(COLUMNS, chi2_null_distribution(_distance), threshold=0.2, squared=True)
def psi(reference: Summary, current: Summary, *, bins: int = BINS, floor: float = _FLOOR) -> float:
    """Return how unlike two sets of shares are, over the reference's quantile bins or named levels.

    0 or more, in nats: 0 for equal shares; at most 18.4 with the default floor. Credit scoring reads 0.1 as some change
    and 0.25 as a large one. A normal column shifted by 0.45 standard deviations has about 0.2, the default threshold.

    sum over bins of (q - p) ln(q / p): Jeffreys' divergence. ``floor`` is the least share a bin is given, in (0, 1),
    else OptionError; it keeps an empty bin from making the value infinite.

    *Accuracy* and *cost*: those of all binned statistics.

    *Noise*: PSI / c is about chi-square with B - 1 degrees of freedom, so (B - 1) c is to be expected of no drift at
    all.

    References
    ----------
    .. [1] Jeffreys: An invariant form for the prior probability in estimation problems. Proceedings of the Royal
       Society A 186, 1946.
    .. [2] Yurdakul, Naranjo: Statistical properties of the population stability index. Journal of Risk Model
       Validation 14, 2020.

    Examples
    --------
    >>> from sparkmon.distributions import Categories
    >>> reference = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    >>> round(psi(reference, Categories({"a": 60, "b": 40}, null_count=0, n=100)), 6)
    0.040547
    """
    if not 0 < floor < 1:
        raise OptionError.malformed("floor", floor, "a share in (0, 1), such as 1e-4")
    distance = _distance if floor == _FLOOR else partial(_distance, floor=floor)
    return distance_of(distance, reference, current, bins)

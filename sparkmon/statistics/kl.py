"""The Kullback-Leibler divergence of the live side from the training side."""

import numpy as np

from sparkmon.statistics.binned import BINS, FloatArray, chi2_null_distribution, distance_of
from sparkmon.statistics.statistic import COLUMNS, Summary, statistic

_FLOOR = 1e-4


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    expected, observed = np.maximum(reference, _FLOOR), np.maximum(current, _FLOOR)
    terms = observed * np.log(observed / expected) - observed + expected
    value: FloatArray = terms.sum(axis=-1)
    return value


@statistic(COLUMNS, chi2_null_distribution(_distance, scale=2), squared=True)
def kl(reference: Summary, current: Summary, *, bins: int = BINS) -> float:
    """Return what is lost by taking the live shares for the training shares.

    0 or more, in nats: 0 for equal shares; at most 9.3. There is no default threshold, since the value rests on the
    floor as soon as a bin is empty, and the two sides may not be exchanged.

    sum over bins of q ln(q / p) - q + p, each share at least 1e-4, which keeps an empty bin from making the value
    infinite; where no bin is floored, q and p cancel and it is the sum of q ln(q / p).

    *Accuracy* and *cost*: those of all binned statistics.

    *Noise*: twice the value over c is about chi-square with B - 1 degrees of freedom.

    References
    ----------
    .. [1] Kullback, Leibler: On information and sufficiency. Annals of Mathematical Statistics 22, 1951.
    .. [2] Csiszar: Why least squares and maximum entropy? Annals of Statistics 19, 1991.

    Examples
    --------
    >>> from sparkmon.distributions import Categories
    >>> reference = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    >>> round(kl(reference, Categories({"a": 60, "b": 40}, null_count=0, n=100)), 6)
    0.020136
    """
    return distance_of(_distance, reference, current, bins)

"""The Cramer-von Mises distance."""

import math

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.gaps import gaps
from sparkmon.statistics.laws.tail_probabilities import cramer_von_mises_sf
from sparkmon.statistics.statistic import NUMERIC, Measurement, inverse_rows, statistic

_POINT_999 = 1.167858
"""99.9 % point of the limit distribution."""


def _differences(reference: Distribution, current: Distribution) -> tuple[FloatArray, FloatArray]:
    """Return abs(F - G) and the mass of H at each point."""
    points, apart = gaps(reference, current)
    pooled = reference.n * reference.cdf(points) + current.n * current.cdf(points)
    return apart, np.diff(pooled, prepend=0.0) / (reference.n + current.n)


def _null_distribution(reference: Distribution, current: Distribution, value: float, threshold: float) -> Measurement:
    apart, masses = _differences(reference, current)
    error = reference.known_error + current.known_error
    travel = float(np.sum(np.abs(np.diff(apart**2, prepend=0.0))))
    sketch_error = error * (2 * float(np.sum(apart * masses)) + error + travel)
    m, n = reference.n, current.n
    c = inverse_rows(m, n)
    mean = (1 + 1 / (m + n)) / 6
    # 45 times the variance of T, by Anderson's formula written with c.
    variance = (1 + 1 / (m + n)) * (1 + 1 / (m + n) - 0.75 * c)
    evidence = max(0.0, value - sketch_error) / c
    judged = 1 / 6 + (evidence - mean) / math.sqrt(variance) if variance > 0 else 0.0
    return Measurement(
        value=value,
        threshold=threshold,
        noise=c * mean,
        p_value=cramer_von_mises_sf(judged),
        sketch_error=sketch_error,
        greatest_c=threshold / _POINT_999,
        reference_count=m,
        current_count=n,
    )


@statistic(NUMERIC, _null_distribution, squared=True)
def cramer_von_mises(reference: Distribution, current: Distribution) -> float:
    """Return the mean squared difference between the shares of rows at or below each row's value.

    In [0, 1/3] up to a row's weight, without unit. There is no default threshold.

    The integral of (F - G)^2 over the distribution H of both sides' rows together; nm/(n+m) times it is Anderson's T.
    Unchanged by any strictly increasing change of scale, and by a doubling of both sides' rows, but not of one side's
    alone: H is made of rows. Where `ks` sees one point, it sees the whole width of a difference.

    *Accuracy*: with e the sum of both rank errors and D = F - G, a sketch puts it off by at most 2 e mean abs(D) + e^2,
    and e times the total rise and fall of D^2, by which H may be off.

    *Noise*: the value over c has the mean (1 + 1/(m+n)) / 6 for one continuous distribution, and a known variance;
    scaled to the mean and variance of the limit distribution, 1/6 and 1/45, it is judged by that distribution (99.9 %
    point 1.168). Ties make p-values larger.

    *Cost*: sorts the union of both supports.

    References
    ----------
    .. [1] Anderson: On the distribution of the two-sample Cramer-von Mises criterion. Annals of Mathematical
       Statistics 33, 1962.

    Examples
    --------
    >>> cramer_von_mises(Distribution.from_sample([1, 2]), Distribution.from_sample([3, 4]))
    0.375
    """
    if not (reference.n and current.n):
        return math.nan
    apart, masses = _differences(reference, current)
    return float(np.sum(apart**2 * masses))

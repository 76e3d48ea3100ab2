"""The Kolmogorov-Smirnov distance."""

import math

from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.gaps import greatest_gap
from sparkmon.statistics.laws.tail_probabilities import kolmogorov_sf
from sparkmon.statistics.statistic import NUMERIC, Measurement, inverse_rows, statistic

_MEAN = math.sqrt(math.pi / 2) * math.log(2)
_POINT_999 = 1.949474
"""Mean and 99.9 % point of Kolmogorov's distribution."""


def _null_distribution(reference: Distribution, current: Distribution, value: float, threshold: float) -> Measurement:
    sketch_error = reference.known_error + current.known_error
    scale = math.sqrt(inverse_rows(reference.n, current.n))
    return Measurement(
        value=value,
        threshold=threshold,
        noise=_MEAN * scale,
        p_value=kolmogorov_sf(max(0.0, value - sketch_error) / scale),
        sketch_error=sketch_error,
        greatest_c=(threshold / _POINT_999) ** 2,
        reference_count=reference.n,
        current_count=current.n,
    )


@statistic(NUMERIC, _null_distribution, threshold=0.1, greatest=1, by_blocks=True)
def ks(reference: Distribution, current: Distribution) -> float:
    """Return the greatest difference between the shares of rows at or below any one point.

    In [0, 1], without unit: 0 for equal distributions, 1 for ranges that do not overlap. 0.1, the default threshold, is
    a shift of a normal column by a quarter of its standard deviation.

    D = max abs(F(x) - G(x)) over the union of both supports; a weighted or binned side is a step function like any
    other. Unchanged by any strictly increasing change of scale.

    *Accuracy*: from sketches D is off by at most the sum of both rank errors (each at 99 %). From percentiles or a
    histogram it is the least that they allow, taken where they are known; the true D may be greater by the widest gap
    between two known shares.

    *Noise*: D / sqrt(c) follows Kolmogorov's distribution for one continuous distribution: mean 0.869, 99.9 % point
    1.949. The p-value is from that limit, without a correction for few rows or ties: for 50 rows a side it is 1 % too
    large near 0.05 and 6 % near 0.01, for 400 rows 0.1 % and 0.7 %; ties, as in counts, make it larger still.

    *Cost*: a search in the reference's support for each of the current values.

    References
    ----------
    .. [1] Smirnov: Table for estimating the goodness of fit of empirical distributions. Annals of Mathematical
       Statistics 19, 1948.

    Examples
    --------
    >>> ks(Distribution.from_sample([1, 2, 3, 4]), Distribution.from_sample([3, 4, 5, 6]))
    0.5
    """
    if not (reference.n and current.n):
        return math.nan
    return greatest_gap(reference, current)

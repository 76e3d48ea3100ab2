"""The null distribution of a difference of means: normal, of two samples with their own variances."""

import math

from sparkmon.distributions.distribution import Distribution
from sparkmon.statistics.laws.tail_probabilities import chi2_quantile, chi2_sf
from sparkmon.statistics.statistic import Measurement


def mean_measurement(
    reference: Distribution, current: Distribution, value: float, threshold: float, sketch_error: float = 0.0
) -> Measurement:
    """Measure the current mean less the reference's; the formula is in :func:`sparkmon.statistics.mean`."""
    deviation = math.hypot(*(side.std / math.sqrt(side.n) for side in (reference, current)))
    evidence = max(0.0, abs(value) - sketch_error)
    z = evidence / deviation if deviation else (math.inf if evidence else 0.0)
    point = math.sqrt(chi2_quantile(0.999, 1)) * reference.std
    ratio = threshold / point if point else math.inf
    return Measurement(
        value=value,
        threshold=threshold,
        noise=math.sqrt(2 / math.pi) * deviation,
        p_value=chi2_sf(z * z, 1),
        sketch_error=sketch_error,
        greatest_c=ratio * ratio,
        reference_count=reference.n,
        current_count=current.n,
    )

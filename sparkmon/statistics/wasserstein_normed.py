"""The Wasserstein distance in standard deviations of the reference, comparable between columns."""

import math
from dataclasses import replace

from sparkmon.distributions.distribution import Distribution
from sparkmon.statistics.statistic import NUMERIC, Measurement, statistic
from sparkmon.statistics.wasserstein import null_distribution, wasserstein


def _null_distribution(reference: Distribution, current: Distribution, value: float, threshold: float) -> Measurement:
    unit = reference.std
    measured = null_distribution(reference, current, value * unit, threshold * unit)
    return replace(
        measured,
        value=value,
        threshold=threshold,
        noise=measured.noise / unit,
        sketch_error=measured.sketch_error / unit,
    )


@statistic(NUMERIC, _null_distribution, threshold=0.1)
def wasserstein_normed(reference: Distribution, current: Distribution) -> float:
    """Return the Wasserstein distance divided by the reference's standard deviation.

    0 or more, in standard deviations of the reference: 0.1, the default threshold, for a shift of every row by a tenth
    of one. NaN if the reference is constant, too: without a spread of its own it offers no unit to measure in.

    Accuracy, noise and cost are those of :func:`sparkmon.statistics.wasserstein`, divided by the standard
    deviation. Unchanged by a change of unit or origin. A heavy tail makes the standard deviation large and the
    value small; `ks` is the better choice there.

    References
    ----------
    .. [1] Vallender: Calculation of the Wasserstein distance between probability distributions on the line. Theory
       of Probability and its Applications 18, 1974.

    Examples
    --------
    >>> wasserstein_normed(Distribution.from_sample([0, 4]), Distribution.from_sample([1, 5]))
    0.5
    """
    return wasserstein(reference, current) / (reference.std or math.nan)

"""By how much the mean has moved."""

from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.rank_slack import rank_slack
from sparkmon.statistics.laws.mean_difference import mean_measurement
from sparkmon.statistics.statistic import NUMERIC, Measurement, statistic


def _null_distribution(reference: Distribution, current: Distribution, value: float, threshold: float) -> Measurement:
    sketch_error = sum(0.0 if side.moments else side.once(rank_slack, side.rank_error) for side in (reference, current))
    return mean_measurement(reference, current, value, threshold, sketch_error)


@statistic(NUMERIC, _null_distribution)
def mean(reference: Distribution, current: Distribution) -> float:
    """Return the current mean less the reference's.

    In the column's unit, of either sign. There is no default threshold.

    Databricks calls it ``avg_delta``. In SQL, ``sparkmon_mean(reference, profile)`` is this difference.

    *Accuracy*: exact on profiles, too, which carry the mean of all rows. From bare sketches and tables
    ``sketch_error`` is the integral of min(e, F, 1 - F) over either side, e its rank error: an estimate, since it does
    not see what a sketch lost of a heavy tail.

    *Noise*: about normal with the variance s^2/m + t^2/n, s and t the sides' standard deviations, so sqrt(2 / pi) of
    its root is the size to be expected of no drift. The p-value is two-sided, from that limit: a handful of rows or a
    heavy tail makes it unreliable.

    References
    ----------
    .. [1] Welch: The generalization of "Student's" problem when several different population variances are involved.
       Biometrika 34, 1947.

    Examples
    --------
    >>> mean(Distribution.from_sample([4, 6]), Distribution.from_sample([1, 2, 3]))
    -3.0
    """
    return current.mean - reference.mean

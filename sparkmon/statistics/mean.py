"""By how much the mean has moved."""

from __future__ import annotations

from sparkmon.distributions.rank_slack import rank_slack
from sparkmon.statistics.laws.mean_difference import mean_null_distribution
from sparkmon.statistics.statistic import (
    NUMERIC,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    as_numbers,
    no_threshold,
)


def mean(reference: Summary, current: Summary) -> float:
    """Return the current mean less the reference's.

    Parameters
    ----------
    reference, current : Distribution
        The training side and the live side. Rows without a number do not enter.

    Returns
    -------
    float
        In the column's unit, of either sign: 0 for equal means. NaN if a side has no rows. Reported only: there is no
        default threshold. One that is given is for the size of the move, up or down.

    Raises
    ------
    ProfileError
        A side has named levels instead of numbers.

    Notes
    -----
    Databricks calls it ``avg_delta``. In SQL, ``sparkmon_mean(reference, profile)`` is this difference.

    *Accuracy*: exact on samples, and on profiles, which carry the mean of all rows. From bare sketches and tables
    ``sketch_error`` is the integral of min(e, F, 1 - F) over either side, e its rank error: an estimate, since it does
    not see what a sketch lost of a heavy tail.

    *Noise*: about normal with the variance s^2/m + t^2/n, s and t the sides' standard deviations, so sqrt(2 / pi) of
    its root is the size to be expected of no drift. The p-value is two-sided, from that limit: a handful of rows or a
    heavy tail makes it unreliable.

    *Cost*: none.

    References
    ----------
    .. [1] Welch: The generalization of "Student's" problem when several different population variances are involved.
       Biometrika 34, 1947.

    Examples
    --------
    >>> from sparkmon.distributions import Distribution
    >>> mean(Distribution.from_sample([4, 6]), Distribution.from_sample([1, 2, 3]))
    -3.0
    """
    reference, current = as_numbers(reference, current)
    return current.mean - reference.mean


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    reference, current = as_numbers(reference, current)
    sides = (reference, current)
    sketch_error = sum(
        0.0 if side.moments else side.once(rank_slack, side.rank_error) for side in sides
    )
    return mean_null_distribution(reference, current, value, threshold, sketch_error)


STATISTICS.add("mean", Statistic("mean", mean, NUMERIC, no_threshold, _null_distribution))

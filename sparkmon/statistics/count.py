"""By how much the number of rows has changed."""

import math

from sparkmon.distributions.categories import Categories
from sparkmon.distributions.distribution import Distribution
from sparkmon.statistics.statistic import COLUMNS, Measurement, Summary, statistic


def _null_distribution(reference: Summary, current: Summary, value: float, threshold: float) -> Measurement:
    return Measurement(
        value=value,
        threshold=threshold,
        noise=0.0,
        p_value=None,
        sketch_error=0.0,
        greatest_c=math.inf,
        reference_count=reference.rows,
        current_count=current.rows,
    )


@statistic(COLUMNS, _null_distribution)
def count(reference: Distribution | Categories, current: Distribution | Categories) -> float:
    """Return the current number of rows less the reference's.

    In rows, of either sign. Rows without a value count too. There is no default threshold.

    Databricks calls it ``count_delta``. Training and live sides seldom have equally many rows, and nothing says how
    many there should be; use it if the reference is an earlier window. In SQL, ``sparkmon_count(reference,
    profile)`` is this difference; over raw rows, null marks the other side's rows and does not count.

    *Accuracy*: exact; rows are counted apart from the sketches.

    *Noise*: rows are counted, so there is none; nothing says how many there should be, so there is no p-value.

    References
    ----------
    .. [1] Databricks: Monitor metric tables, column ``count_delta``. Documentation, 2025.

    Examples
    --------
    >>> count(Distribution.from_sample([4, 6, None]), Distribution.from_sample([1]))
    -2.0
    """
    return current.rows - reference.rows if reference.rows and current.rows else math.nan

"""By how much the number of rows has changed."""

from __future__ import annotations

import math

from sparkmon.distributions.categories import Categories
from sparkmon.statistics.statistic import (
    CATEGORICAL,
    NUMERIC,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    as_levels,
    as_numbers,
    no_threshold,
)


def count(reference: Summary, current: Summary) -> float:
    """Return the current number of rows less the reference's.

    Parameters
    ----------
    reference, current : Distribution or Categories
        The training side and the live side, of one kind. Rows without a value count too.

    Returns
    -------
    float
        In rows, of either sign. NaN if a side has no rows. Reported only: there is no default threshold. One that is
        given is for the size of the change, up or down.

    Raises
    ------
    ProfileError
        One side has numbers and the other named levels.

    Notes
    -----
    Databricks calls it ``count_delta``. Training and live sides seldom have equally many rows, and nothing says how
    many there should be; use it if the reference is an earlier window. In SQL, ``sparkmon_count(reference,
    profile)`` is this difference; over raw rows, null marks the other side's rows and does not count.

    *Accuracy*: exact; rows are counted apart from the sketches.

    *Noise*: rows are counted, so there is none; nothing says how many there should be, so there is no p-value.

    *Cost*: none.

    References
    ----------
    .. [1] Databricks: Monitor metric tables, column ``count_delta``. Documentation, 2025.

    Examples
    --------
    >>> from sparkmon.distributions import Distribution
    >>> count(Distribution.from_sample([4, 6, None]), Distribution.from_sample([1]))
    -2.0
    """
    if isinstance(reference, Categories):
        reference, current = as_levels(reference, current)
    else:
        reference, current = as_numbers(reference, current)
    return current.rows - reference.rows if reference.rows and current.rows else math.nan


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    return Measurement(
        value=value,
        threshold=threshold,
        noise=0.0,
        p_value=None,
        sketch_error=0.0,
        least_rows=1,
        reference_count=reference.rows,
        current_count=current.rows,
    )


STATISTICS.add(
    "count", Statistic("count", count, NUMERIC | CATEGORICAL, no_threshold, _null_distribution)
)

"""How much the share of rows without a value has changed."""

from __future__ import annotations

from sparkmon.distributions.distribution import Distribution
from sparkmon.statistics.laws.rates import difference_null_distribution, rate_difference
from sparkmon.statistics.statistic import (
    CATEGORICAL,
    NUMERIC,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    as_levels,
    as_numbers,
    fixed_threshold,
)

_THRESHOLD = 0.02


def null_rate(reference: Summary, current: Summary) -> float:
    """Return by how much the share of rows without a value has changed, up or down.

    Parameters
    ----------
    reference, current : Distribution or Categories
        The training side and the live side, of one kind.

    Returns
    -------
    float
        In [0, 1], a difference of shares: 0.02, the default threshold, is one row in fifty. NaN if a side has no
        rows.

    Raises
    ------
    ProfileError
        One side has numbers and the other named levels.

    Notes
    -----
    abs(p - q), p and q the sides' shares of rows that hold nothing of the column's kind: null, infinite, or, in a
    column of named levels, a number. NaN and texts in a column of numbers are counted apart, by
    :func:`sparkmon.statistics.nan_rate` and :func:`sparkmon.statistics.type_rate`.

    There is no form of it over raw rows: two columns side by side mark the other side's rows by null.

    *Accuracy*: exact; rows without a value are counted apart from the sketches.

    *Noise*: a two-proportion test; see :func:`sparkmon.statistics.laws.rates.difference_null_distribution`.

    *Cost*: none.

    References
    ----------
    .. [1] Pearson: On the criterion that a given system of deviations from the probable in the case of a correlated
       system of variables is such that it can be reasonably supposed to have arisen from random sampling.
       Philosophical Magazine 50, 1900.
    .. [2] Lancaster: Significance tests in discrete distributions. Journal of the American Statistical Association
       56, 1961.

    Examples
    --------
    >>> null_rate(Distribution.from_sample([1, 2, 3, 4]), Distribution.from_sample([1, None]))
    0.5
    """
    hits, rows = _missing(reference, current)
    return rate_difference(hits[0], rows[0], hits[1], rows[1])


def _missing(
    reference: Summary, current: Summary
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the rows without a value, and all rows, of both sides."""
    if isinstance(reference, Distribution):
        reference, current = as_numbers(reference, current)
        hits = (
            reference.null_count - reference.nan_count - reference.text_count,
            current.null_count - current.nan_count - current.text_count,
        )
    else:
        reference, current = as_levels(reference, current)
        hits = (reference.null_count, current.null_count)
    return hits, (reference.rows, current.rows)


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    hits, rows = _missing(reference, current)
    return difference_null_distribution(hits[0], rows[0], hits[1], rows[1], threshold)


STATISTICS.add(
    "null_rate",
    Statistic(
        "null_rate",
        null_rate,
        NUMERIC | CATEGORICAL,
        fixed_threshold(_THRESHOLD),
        _null_distribution,
        of_rows=False,
    ),
)

"""How much the share of rows of the wrong type has changed."""

from __future__ import annotations

from sparkmon.statistics.laws.rates import difference_null_distribution, rate_difference
from sparkmon.statistics.statistic import (
    NUMERIC,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    as_numbers,
    fixed_threshold,
)

_THRESHOLD = 0.01


def type_rate(reference: Summary, current: Summary) -> float:
    """Return by how much the share of texts among the rows of a column of numbers has changed, up or down.

    Parameters
    ----------
    reference, current : Distribution
        The training side and the live side.

    Returns
    -------
    float
        In [0, 1], a difference of shares: 0.01, the default threshold, is one row in a hundred. NaN if a side has no
        rows.

    Raises
    ------
    ProfileError
        A side has named levels instead of numbers.

    Notes
    -----
    abs(p - q), p and q the sides' shares of rows that hold a text which is no number, such as ``"n/a"`` or ``"12,5"``:
    a caller, or a column before the model, has changed its type. Null is counted apart, by
    :func:`sparkmon.statistics.null_rate`. A column of named levels has no such check: whatever comes can be a level,
    and :func:`sparkmon.statistics.unseen_rate` counts new ones.

    There is no form of it over raw rows, where a column has one type.

    *Accuracy*: exact; texts are counted apart from the sketches.

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
    >>> from dataclasses import replace
    >>> from sparkmon.distributions import Distribution
    >>> reference = Distribution.from_sample([1, 2, 3, 4])
    >>> type_rate(reference, replace(reference, null_count=1, text_count=1))
    0.2
    """
    reference, current = as_numbers(reference, current)
    return rate_difference(reference.text_count, reference.rows, current.text_count, current.rows)


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    reference, current = as_numbers(reference, current)
    return difference_null_distribution(
        reference.text_count, reference.rows, current.text_count, current.rows, threshold
    )


STATISTICS.add(
    "type_rate",
    Statistic(
        "type_rate",
        type_rate,
        NUMERIC,
        fixed_threshold(_THRESHOLD),
        _null_distribution,
        of_rows=False,
    ),
)

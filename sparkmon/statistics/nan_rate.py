"""How much the share of NaN has changed."""

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


def nan_rate(reference: Summary, current: Summary) -> float:
    """Return by how much the share of NaN among the rows has changed, up or down.

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
    abs(p - q), p and q the sides' shares of rows that hold NaN, which a computation left behind; null, where nothing
    was given, is counted apart, by :func:`sparkmon.statistics.null_rate`.

    There is no form of it over raw rows: two columns side by side mark the other side's rows by null, from which pandas
    does not tell NaN.

    *Accuracy*: exact; NaN is counted apart from the sketches.

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
    >>> from sparkmon.distributions import Distribution
    >>> nan_rate(Distribution.from_sample([1, 2, None]), Distribution.from_sample([1, float("nan")]))
    0.5
    """
    reference, current = as_numbers(reference, current)
    return rate_difference(reference.nan_count, reference.rows, current.nan_count, current.rows)


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    reference, current = as_numbers(reference, current)
    return difference_null_distribution(
        reference.nan_count, reference.rows, current.nan_count, current.rows, threshold
    )


STATISTICS.add(
    "nan_rate",
    Statistic(
        "nan_rate",
        nan_rate,
        NUMERIC,
        fixed_threshold(_THRESHOLD),
        _null_distribution,
        of_rows=False,
    ),
)

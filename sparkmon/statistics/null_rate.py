"""How much the share of rows without a value has changed."""

from sparkmon.distributions.categories import Categories
from sparkmon.distributions.distribution import Distribution
from sparkmon.statistics.laws.rates import rate_difference, rate_null_distribution
from sparkmon.statistics.statistic import COLUMNS, statistic


def _hits(side: Distribution | Categories) -> float:
    if isinstance(side, Categories):
        return side.null_count
    return side.null_count - side.nan_count - side.inf_count - side.text_count


@statistic(COLUMNS, rate_null_distribution(_hits), threshold=0.02, of_rows=False, greatest=1)
def null_rate(reference: Distribution | Categories, current: Distribution | Categories) -> float:
    """Return by how much the share of rows without a value has changed, up or down.

    In [0, 1], a difference of shares: 0.02, the default threshold, is one row in fifty.

    abs(p - q), of the rows that hold nothing of the column's kind: null, or, in a column of named levels, a number.
    NaN, infinities and texts in a column of numbers are counted apart, by :func:`sparkmon.statistics.nan_rate`,
    :func:`sparkmon.statistics.inf_rate` and :func:`sparkmon.statistics.type_rate`. There is no form of it over raw
    rows: two columns side by side mark the other side's rows by null.

    *Accuracy*: exact; rows without a value are counted apart from the sketches.

    *Noise*: a two-proportion test; see :func:`sparkmon.statistics.laws.rates.rate_null_distribution`.

    References
    ----------
    .. [1] Lancaster: Significance tests in discrete distributions. Journal of the American Statistical Association
       56, 1961.

    Examples
    --------
    >>> null_rate(Distribution.from_sample([1, 2, 3, 4]), Distribution.from_sample([1, None]))
    0.5
    """
    return rate_difference(_hits, reference, current)

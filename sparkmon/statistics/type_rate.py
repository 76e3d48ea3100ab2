"""How much the share of rows of the wrong type has changed."""

from sparkmon.distributions.distribution import Distribution
from sparkmon.statistics.laws.rates import rate_difference, rate_null_distribution
from sparkmon.statistics.statistic import NUMERIC, statistic


def _hits(side: Distribution) -> float:
    return side.text_count


@statistic(NUMERIC, rate_null_distribution(_hits), threshold=0.01, of_rows=False, greatest=1)
def type_rate(reference: Distribution, current: Distribution) -> float:
    """Return by how much the share of texts among the rows of a column of numbers has changed, up or down.

    In [0, 1], a difference of shares: 0.01, the default threshold, is one row in a hundred.

    abs(p - q), of the rows that hold a text which is no number, such as ``"n/a"`` or ``"12,5"``: a caller, or a column
    before the model, has changed its type. Null is counted apart, by :func:`sparkmon.statistics.null_rate`. A column of
    named levels has no such check: whatever comes can be a level, and :func:`sparkmon.statistics.unseen_rate` counts
    new ones. There is no form of it over raw rows, where a column has one type.

    *Accuracy*: exact; texts are counted apart from the sketches.

    *Noise*: a two-proportion test; see :func:`sparkmon.statistics.laws.rates.rate_null_distribution`.

    References
    ----------
    .. [1] Lancaster: Significance tests in discrete distributions. Journal of the American Statistical Association
       56, 1961.

    Examples
    --------
    >>> from dataclasses import replace
    >>> reference = Distribution.from_sample([1, 2, 3, 4])
    >>> type_rate(reference, replace(reference, null_count=1, text_count=1))
    0.2
    """
    return rate_difference(_hits, reference, current)

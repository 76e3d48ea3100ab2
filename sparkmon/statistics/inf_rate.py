"""How much the share of infinities has changed."""

from sparkmon.distributions.distribution import Distribution
from sparkmon.statistics.laws.rates import rate_difference, rate_null_distribution
from sparkmon.statistics.statistic import NUMERIC, statistic


def _hits(side: Distribution) -> float:
    return side.inf_count


@statistic(NUMERIC, rate_null_distribution(_hits), threshold=0.01, of_rows=False, greatest=1)
def inf_rate(reference: Distribution, current: Distribution) -> float:
    """Return by how much the share of infinities among the rows has changed, up or down.

    In [0, 1], a difference of shares: 0.01, the default threshold, is one row in a hundred.

    abs(p - q), of the rows that hold an infinity of either sign, such as a quotient by zero. They are no values of the
    distribution, and null and NaN are counted apart, by :func:`sparkmon.statistics.null_rate` and
    :func:`sparkmon.statistics.nan_rate`. There is no form of it over raw rows.

    *Accuracy*: exact; infinities are counted apart from the sketches.

    *Noise*: a two-proportion test; see :func:`sparkmon.statistics.laws.rates.rate_null_distribution`.

    References
    ----------
    .. [1] Lancaster: Significance tests in discrete distributions. Journal of the American Statistical Association
       56, 1961.

    Examples
    --------
    >>> from dataclasses import replace
    >>> reference = Distribution.from_sample([1, 2, 3, 4])
    >>> inf_rate(reference, replace(reference, null_count=1, inf_count=1))
    0.2
    """
    return rate_difference(_hits, reference, current)

"""How much the share of NaN has changed."""

from sparkmon.distributions.distribution import Distribution
from sparkmon.statistics.laws.rates import rate_difference, rate_null_distribution
from sparkmon.statistics.statistic import NUMERIC, statistic


def _hits(side: Distribution) -> float:
    return side.nan_count


@statistic(NUMERIC, rate_null_distribution(_hits), threshold=0.01, of_rows=False, greatest=1)
def nan_rate(reference: Distribution, current: Distribution) -> float:
    """Return by how much the share of NaN among the rows has changed, up or down.

    In [0, 1], a difference of shares: 0.01, the default threshold, is one row in a hundred.

    abs(p - q), of the rows that hold NaN, which a computation left behind; null, where nothing was given, is counted
    apart, by :func:`sparkmon.statistics.null_rate`. There is no form of it over raw rows: two columns side by side mark
    the other side's rows by null, from which pandas does not tell NaN.

    *Accuracy*: exact; NaN is counted apart from the sketches.

    *Noise*: a two-proportion test; see :func:`sparkmon.statistics.laws.rates.rate_null_distribution`.

    References
    ----------
    .. [1] Lancaster: Significance tests in discrete distributions. Journal of the American Statistical Association
       56, 1961.

    Examples
    --------
    >>> nan_rate(Distribution.from_sample([1, 2, None]), Distribution.from_sample([1, float("nan")]))
    0.5
    """
    return rate_difference(_hits, reference, current)

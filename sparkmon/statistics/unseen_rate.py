"""The share of rows whose level the reference never had."""

import math

from sparkmon.distributions.categories import Categories, align
from sparkmon.statistics.laws.rates import excess_measurement
from sparkmon.statistics.statistic import CATEGORICAL, Measurement, statistic

_MOST_RARE = 0.1


def _single_rows(reference: Categories) -> int:
    """Return how many levels have one row each."""
    return sum(count == 1 for count in reference.counts.values())


def _null_distribution(reference: Categories, current: Categories, value: float, threshold: float) -> Measurement:
    single = reference.once(_single_rows)
    return excess_measurement(single, reference.n, current.n, value, threshold)


@statistic(CATEGORICAL, _null_distribution, threshold=0.005, of_novelty=True, greatest=1)
def unseen_rate(reference: Categories, current: Categories) -> float:
    """Return the share of current rows whose level the reference never had.

    In [0, 1], of the rows with a value: 0.005, the default threshold, is one row in two hundred. Not defined where more
    than a tenth of the reference's rows have levels too rare to be tracked: it would be 0 whatever comes.

    The reference's own share is 0: levels that are gone are no news here. Which levels count as unseen, and that none
    do where the reference does not track all of its own, says :func:`sparkmon.distributions.align`.

    A column of many levels has new ones in every window. Good and Turing's estimate of the chance that the next row is
    of a level not seen yet is the share of levels seen just once, (f + 1) / (m + 1) here, f of the reference's m rows
    being the only one of their level.

    *Accuracy*: exact, as far as all levels are tracked.

    *Noise*: the expected share. The p-value is that of Fisher's exact test of f rows of m against the unseen of n:
    the binomial distribution of a chance that is itself known from m rows only.

    *Cost*: one look-up per level.

    References
    ----------
    .. [1] Good: The population frequencies of species and the estimation of population parameters. Biometrika 40, 1953.

    Examples
    --------
    >>> reference = Categories({"red": 60, "blue": 40}, null_count=0, n=100)
    >>> unseen_rate(reference, Categories({"red": 15, "pink": 5}, null_count=0, n=20))
    0.25
    """
    if not (reference.n and current.n) or reference.rare_share > _MOST_RARE:
        return math.nan
    _, _, counts = align(reference, current)
    return float(counts[-2]) / current.n  # the labels end with other, unseen and null

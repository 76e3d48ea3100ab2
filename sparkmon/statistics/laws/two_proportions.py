"""Whether two counts of hits may be of one share, over any numbers of rows: exact tests that need only numpy."""

import math

import numpy as np

_NORMAL_FROM = 10_000.0
"""Variance of the hits from which the normal distribution is within 3 % of the exact one at three deviations."""
_REACH = 40
"""Deviations beyond which no double is left of a tail."""
_FARTHEST = 200_000.0
_CHANCE = 0.001
_MOST_ROWS = 1e9


def two_proportions_p_value(
    reference_hits: float, reference_rows: float, current_hits: float, current_rows: float
) -> float:
    """Return how often two sides of one share have hits as unequal as these, or more so; two-sided, 1 if equal.

    All are whole numbers. Given the hits of both sides together, those of one are hypergeometric if both have one
    share. Twice the lesser tail, half of the observed count's own chance taken into it (mid-p), which is as often below
    1 % as it says where the two-proportion z-test is not: for a few hits. Beyond a variance of 10,000 hits it is that
    z-test.

    References
    ----------
    .. [1] Lancaster: Significance tests in discrete distributions. Journal of the American Statistical Association
       56, 1961.

    Examples
    --------
    >>> round(two_proportions_p_value(10, 1_000, 30, 1_000), 6)
    0.001305
    """
    if reference_hits * current_rows == current_hits * reference_rows:
        return 1.0
    below, at, above = _tails(reference_hits, reference_rows, current_hits, current_rows)
    return min(1.0, 2 * (min(below, above) + at / 2))


def excess_sf(reference_hits: float, reference_rows: float, current_hits: float, current_rows: float) -> float:
    """Return how often further rows like the reference's have this many hits, or more: one-sided, 1 without hits.

    All are whole numbers. Fisher's exact test. It is also the exact distribution of the number of further rows beyond
    the ``reference_hits`` + 1 outermost rows of the reference, whatever the (continuous) distribution of the column.

    References
    ----------
    .. [1] Wilks: Determination of sample sizes for setting tolerance limits. Annals of Mathematical Statistics 12,
       1941.

    Examples
    --------
    >>> round(excess_sf(0, 99, 1, 1), 6)
    0.01
    """
    if not current_hits:
        return 1.0
    _, at, above = _tails(reference_hits, reference_rows, current_hits, current_rows)
    return min(1.0, at + above)


def least_rows_of_rate(reference_hits: float, reference_rows: float, threshold: float) -> int | None:
    """Return the fewest current rows whose rate is above the reference's by ``threshold`` once in 1,000 cases at most.

    None if no number of rows up to 10^9 is enough. A rate is above s where the hits reach k + 1, for up to (k + 1) / s
    rows: the chance is greatest at the end of each such stretch. The stretch is found by doubling k and halving the
    step.

    >>> least_rows_of_rate(0, 1_000_000, 0.01), least_rows_of_rate(0, 5_000, 0.01)
    (1, 200)
    >>> least_rows_of_rate(0, 100, 0.01) is None
    True
    """
    share = reference_hits / reference_rows + threshold
    if share >= 1:
        return 1
    if threshold <= 0:
        return None

    def enough(hits: int) -> bool:
        rows = math.ceil((hits + 1) / share) - 1
        over = min(hits + 1, rows)
        return excess_sf(reference_hits, reference_rows, over, rows) <= _CHANCE

    low, high = -1, 0
    while not enough(high):
        low, high = high, 2 * high + 1
        if high / share > _MOST_ROWS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return max(1, math.ceil(high / share))


def _tails(
    reference_hits: float, reference_rows: float, current_hits: float, current_rows: float
) -> tuple[float, float, float]:
    """Return the chances of fewer current hits, of as many, and of more, given the hits of both sides."""
    hits, rows = reference_hits + current_hits, reference_rows + current_rows
    mean = hits * current_rows / rows
    variance = mean * (reference_rows / rows) * (rows - hits) / max(1.0, rows - 1)
    if variance > _NORMAL_FROM:
        z = (current_hits - mean) / math.sqrt(2 * variance)
        return math.erfc(-z) / 2, 0.0, math.erfc(z) / 2
    if abs(current_hits - mean) > _FARTHEST:
        return (1.0, 0.0, 0.0) if current_hits > mean else (0.0, 0.0, 1.0)
    reach = _REACH * (1 + math.sqrt(variance))
    first = max(0.0, hits - reference_rows, math.floor(min(mean, current_hits) - reach))
    last = min(hits, current_rows, math.ceil(max(mean, current_hits) + reach))
    counts = np.arange(first, last)
    rises = (hits - counts) * (current_rows - counts)
    falls = (counts + 1) * (reference_rows - hits + counts + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(rises / falls))])
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    place = round(current_hits - first)
    below, above = chances[:place].sum(), chances[place + 1 :].sum()
    return float(below), float(chances[place]), float(above)

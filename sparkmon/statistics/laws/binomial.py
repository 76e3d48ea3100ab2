"""What a count of rows proves about a share: the exact binomial distribution, without scipy."""

from sparkmon.statistics.laws.incomplete_beta import incomplete_beta


def binomial_sf(count: int, rows: int, share: float) -> float:
    """Return how often ``count`` or more of ``rows`` independent rows are hit, each with probability ``share``.

    The tail is the incomplete beta function I_share(count, rows - count + 1).

    References
    ----------
    .. [1] NIST Digital Library of Mathematical Functions, 8.17.5.

    Examples
    --------
    >>> round(binomial_sf(2, 2, 0.1), 6), round(binomial_sf(1, 10, 0.01), 6)
    (0.01, 0.095618)
    """
    return 1.0 if count == 0 else incomplete_beta(count, rows - count + 1, share)


def share_lower_bound(count: int, rows: int, confidence: float) -> float:
    """Return the least share that ``count`` of ``rows`` rows leave believable: Clopper and Pearson's lower bound.

    It is one-sided: the true share is below it in at most ``1 - confidence`` of all cases.

    References
    ----------
    .. [1] Clopper & Pearson, The use of confidence or fiducial limits, Biometrika 26, 1934.

    Examples
    --------
    >>> round(share_lower_bound(10, 100, 0.999), 4), share_lower_bound(0, 100, 0.999)
    (0.0305, 0.0)
    """
    if count == 0:
        return 0.0
    low, high = 0.0, count / rows
    while True:
        middle = (low + high) / 2
        if not low < middle < high or high - low < 1e-12 * high:
            return middle
        if binomial_sf(count, rows, middle) > 1 - confidence:
            high = middle
        else:
            low = middle

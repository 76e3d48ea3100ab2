"""What a count of rows proves about a share: the exact binomial distribution, without scipy."""

from __future__ import annotations

import math

_LEAST = 1e-300
_PRECISION = 1e-15
_MAX_STEPS = 100_000


def binomial_sf(count: int, rows: int, share: float) -> float:
    """Return how often ``count`` or more of ``rows`` independent rows are hit, each with probability ``share``.

    Its relative error is below 1e-9 for up to ten million rows. The tail is the regularised incomplete beta function
    I_share(count, rows - count + 1), by its continued fraction.

    References
    ----------
    .. [1] NIST Digital Library of Mathematical Functions, 8.17.5 and 8.17.22.

    Examples
    --------
    >>> round(binomial_sf(2, 2, 0.1), 6), round(binomial_sf(1, 10, 0.01), 6)
    (0.01, 0.095618)
    """
    if count == 0 or share == 1:
        return 1.0
    if share == 0:
        return 0.0
    a, b = float(count), float(rows - count + 1)
    front = math.exp(
        math.lgamma(a + b)
        - math.lgamma(a)
        - math.lgamma(b)
        + a * math.log(share)
        + b * math.log1p(-share)
    )
    # The fraction converges fast on the near side of the mean; the far side is its mirror image.
    if share < (a + 1) / (a + b + 2):
        return min(1.0, front * _beta_fraction(a, b, share) / a)
    return max(0.0, 1.0 - front * _beta_fraction(b, a, 1 - share) / b)


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


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function by Lentz's method."""
    c = 1.0
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for step in range(1, _MAX_STEPS):
        for term in (
            step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step)),
            -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1)),
        ):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _LEAST else _LEAST

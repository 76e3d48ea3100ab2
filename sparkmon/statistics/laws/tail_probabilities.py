"""Tail probabilities of the distributions that statistics follow when nothing has drifted, without scipy."""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

_SMALLEST_TERM = 1e-17
_STEPS = 10_000
"""More than any series here takes: about ten times the root of a gamma variable's shape."""
_FAR = 4.0
"""Beyond it the tail of Cramer and von Mises' distribution is its leading term, within 1 % of it."""


def chi2_sf(value: float, degrees: int) -> float:
    """Return how often a chi-square variable exceeds ``value``; of 0 degrees of freedom it is always 0.

    >>> round(chi2_sf(3.841459, 1), 6), round(chi2_sf(27.877165, 9), 6)
    (0.05, 0.001)
    """
    if not degrees:
        return 1.0 if value <= 0 else 0.0
    return gamma_sf(degrees / 2, value / 2)


def gamma_sf(shape: float, value: float) -> float:
    """Return how often a gamma variable of scale 1 exceeds ``value``; relative error below 1e-9 down to 1e-300.

    Below shape + 1 one minus the series of the lower incomplete gamma function, else Lentz' continued fraction of the
    upper one.

    References
    ----------
    .. [1] NIST Digital Library of Mathematical Functions, 8.7.1 and 8.9.2.

    Examples
    --------
    >>> round(gamma_sf(0.5, 3.841459 / 2), 6), gamma_sf(2, 0)
    (0.05, 1.0)
    """
    if value <= 0:
        return 1.0
    if math.isinf(value):
        return 0.0
    front = math.exp(shape * math.log(value) - value - math.lgamma(shape))
    if value < shape + 1:
        term = total = 1 / shape
        for step in range(1, _STEPS):
            term *= value / (shape + step)
            total += term
            if term < _SMALLEST_TERM * total:
                break
        return min(1.0, max(0.0, 1 - front * total))
    b = value + 1 - shape
    c, d = math.inf, 1 / b
    fraction = d
    for step in range(1, _STEPS):
        a = -step * (step - shape)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return min(1.0, front * fraction)


def upper_point(tail: Callable[[float], float], chance: float, start: float) -> float:
    """Return the point that a statistic exceeds with the probability ``chance``, to twelve digits.

    ``tail`` is the falling probability of exceeding a point, above ``chance`` at 0. ``start`` is a guess, 0 or more.
    Without noise the result is among the least doubles.

    >>> round(upper_point(lambda point: math.exp(-point), 0.001, 1.0), 6)
    6.907755
    """
    low, high = math.ulp(0.0), start
    while high and tail(high) > chance:
        low, high = high, 2 * high
    while high - low > 1e-12 * high + math.ulp(0.0):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle) > chance else (low, middle)
    return high or low


@lru_cache(maxsize=4096)
def chi2_quantile(share: float, degrees: int) -> float:
    """Return the point that a chi-square variable stays below in ``share`` of all cases.

    >>> round(chi2_quantile(0.999, 9), 3), chi2_quantile(0.999, 0)
    (27.877, 0.0)
    """
    if not degrees:
        return 0.0
    return upper_point(lambda value: chi2_sf(value, degrees), 1 - share, float(degrees))


def kolmogorov_sf(value: float) -> float:
    """Return how often the limit of sqrt(nm/(n+m)) D, D the two-sample Kolmogorov-Smirnov distance, exceeds ``value``.

    Its relative error is below 1e-10 down to 1e-300.

    2 sum (-1)^(k-1) exp(-2 k^2 x^2); below x = 1, where that converges slowly, one minus
    sqrt(2 pi)/x sum exp(-(2k-1)^2 pi^2 / (8 x^2)).

    References
    ----------
    .. [1] Kolmogorov: Sulla determinazione empirica di una legge di distribuzione. 1933.
    .. [2] Smirnov: Table for estimating the goodness of fit of empirical distributions. 1948.

    Examples
    --------
    >>> round(kolmogorov_sf(1.3581), 4), round(kolmogorov_sf(1.9495), 4)
    (0.05, 0.001)
    """
    if value <= 0:
        return 1.0
    if value < 1:
        scaled = (math.pi / value) ** 2 / 8
        terms = [math.exp(-odd * odd * scaled) for odd in (1, 3, 5, 7)]
        return 1 - math.sqrt(2 * math.pi) / value * math.fsum(terms)
    total, sign = 0.0, 1.0
    for k in range(1, 10):
        term = math.exp(-2 * (k * value) ** 2)
        total += sign * term
        if term < _SMALLEST_TERM * total:
            break
        sign = -sign
    return min(1.0, 2 * total)


def cramer_von_mises_sf(value: float) -> float:
    """Return how often the limit of nm/(n+m) times the integral of (F - G)^2 dH exceeds ``value``.

    Its absolute error is below 1e-13 up to 4, its relative error below 1 % beyond.

    The limit is the sum over k of z_k^2 / (k pi)^2, z_k standard normal. Its distribution function is the series of
    Anderson and Darling, whose Bessel function K_{1/4}(y) is the integral of exp(-y cosh t) cosh(t / 4); far out the
    first term of the sum decides: sqrt(2) times the tail of a chi-square variable at pi^2 times the value.

    References
    ----------
    .. [1] Anderson, Darling: Asymptotic theory of certain goodness of fit criteria based on stochastic processes.
       Annals of Mathematical Statistics 23, 1952.
    .. [2] Zolotarev: Concerning a certain probability problem. Theory of Probability and its Applications 6, 1961.

    Examples
    --------
    >>> round(cramer_von_mises_sf(0.46136), 4), round(cramer_von_mises_sf(0.74346), 4)
    (0.05, 0.01)
    """
    if value <= 0.01:
        return 1.0
    if value > _FAR:
        return math.sqrt(2) * chi2_sf(math.pi**2 * value, 1)
    k = np.arange(12)[:, None]
    root = 4 * k + 1
    y = root**2 / (16 * value)
    t = np.linspace(0, 12, 601)[None, :]
    heights = np.exp(-y * (1 + np.cosh(t))) * np.cosh(t / 4)
    bessel = (heights.sum(axis=1) - heights[:, 0] / 2) * 0.02
    gammas = np.array([math.exp(math.lgamma(i + 0.5) - math.lgamma(i + 1)) for i in range(12)])
    below = np.sum(gammas * np.sqrt(root[:, 0]) * bessel) / (math.pi**1.5 * math.sqrt(value))
    return float(min(1.0, max(0.0, 1 - below)))

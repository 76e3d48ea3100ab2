"""Tail probabilities of the distributions that statistics follow when nothing has drifted, without scipy."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from sparkmon.errors import OptionError

_SMALLEST_TERM = 1e-17
_FAR = 4.0
"""Beyond it the tail of Cramer and von Mises' distribution is its leading term, within 1 % of it."""


def chi2_sf(value: float, degrees: int) -> float:
    """Return how often a chi-square variable exceeds ``value``.

    Parameters
    ----------
    value : float
        0 or more.
    degrees : int
        Degrees of freedom, 0 or more. With 0 the variable is always 0: the result is 1 at 0, else 0.

    Returns
    -------
    float
        In [0, 1]; relative error below 1e-10 down to 1e-300.

    Raises
    ------
    OptionError
        ``degrees`` is negative.

    Notes
    -----
    For integer degrees the incomplete gamma function is a finite sum: with h = value / 2, over i = degrees/2 - 1,
    degrees/2 - 2, ... down to 0 or 1/2 of h^i e^-h / Gamma(i + 1), plus erfc(sqrt(h)) if degrees is odd.

    References
    ----------
    .. [1] NIST Digital Library of Mathematical Functions, 8.4.9-8.4.10, 8.8.10.

    Examples
    --------
    >>> round(chi2_sf(3.841459, 1), 6), round(chi2_sf(27.877165, 9), 6)
    (0.05, 0.001)
    """
    if degrees < 0:
        raise OptionError.malformed("degrees", degrees, "an integer >= 0")
    half = value / 2
    if half <= 0:
        return 1.0 if value <= 0 or degrees else 0.0
    if math.isinf(half):
        return 0.0
    odd = degrees % 2
    tail = math.erfc(math.sqrt(half)) if odd else 0.0
    powers = (step + odd / 2 for step in range(degrees // 2))
    terms = (math.exp(i * math.log(half) - half - math.lgamma(i + 1)) for i in powers)
    return min(1.0, tail + math.fsum(terms))


def upper_point(tail: Callable[[float], float], chance: float, highest: float) -> float:
    """Return the point that a statistic exceeds with the probability ``chance``.

    Parameters
    ----------
    tail : callable
        Point to the probability of exceeding it: falls from above ``chance`` at 0.
    chance : float
        In (0, 1).
    highest : float
        A point that is exceeded less often; 0 where there is no noise, and the result is then the least double. It is
        exact to nine digits.

    Examples
    --------
    >>> round(upper_point(lambda point: math.exp(-point), 0.001, 100.0), 6)
    6.907755
    """
    low, high = math.ulp(0.0), highest
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle) > chance else (low, middle)
    return high or low


@lru_cache(maxsize=4096)
def chi2_quantile(share: float, degrees: int) -> float:
    """Return the point that a chi-square variable stays below in ``share`` of all cases.

    ``share`` lies in [0, 1), ``degrees`` is 0 or more. Found by bisection to the last digits of a double.

    Examples
    --------
    >>> round(chi2_quantile(0.999, 9), 3), chi2_quantile(0.999, 0)
    (27.877, 0.0)
    """
    if not 0 <= share < 1:
        raise OptionError.malformed("share", share, "a number in [0, 1)")
    if degrees == 0 or share == 0:
        return 0.0
    low, high = 0.0, float(degrees)
    while chi2_sf(high, degrees) > 1 - share:
        low, high = high, 2 * high
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            return middle
        low, high = (middle, high) if chi2_sf(middle, degrees) > 1 - share else (low, middle)


def kolmogorov_sf(value: float) -> float:
    """Return how often the limit of sqrt(nm/(n+m)) D, D the two-sample Kolmogorov-Smirnov distance, exceeds ``value``.

    Parameters
    ----------
    value : float
        0 or more.

    Returns
    -------
    float
        In [0, 1]; relative error below 1e-10 down to 1e-300.

    Notes
    -----
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

    Parameters
    ----------
    value : float
        Any number; below 0 the result is 1.

    Returns
    -------
    float
        In [0, 1]; absolute error below 1e-13 up to 4, relative error below 1 % beyond.

    Notes
    -----
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

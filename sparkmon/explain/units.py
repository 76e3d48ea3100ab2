"""Values in other units: whether what a window has is what the reference has, times a factor and plus a constant."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sparkmon.distributions import Distribution
from sparkmon.distributions.arrays import FloatArray

_KNOWN = (
    (5 / 9, -160 / 9, "Fahrenheit to Celsius", "5/9 x - 17.8"),
    (9 / 5, 32.0, "Celsius to Fahrenheit", "9/5 x + 32"),
    (1.0, 273.15, "Celsius to kelvin", ""),
    (1.0, -273.15, "kelvin to Celsius", ""),
    (-1.0, 0.0, "the sign", "-1 x"),
    (1.609344, 0.0, "miles to kilometres", ""),
    (1 / 1.609344, 0.0, "kilometres to miles", ""),
    (0.44704, 0.0, "miles per hour to metres per second", ""),
    (1 / 0.44704, 0.0, "metres per second to miles per hour", ""),
    (3.6, 0.0, "metres per second to kilometres per hour", ""),
    (1 / 3.6, 0.0, "kilometres per hour to metres per second", ""),
    (0.3048, 0.0, "feet to metres", ""),
    (1 / 0.3048, 0.0, "metres to feet", ""),
    (2.54, 0.0, "inches to centimetres", ""),
    (1 / 2.54, 0.0, "centimetres to inches", ""),
    (0.45359237, 0.0, "pounds to kilograms", ""),
    (1 / 0.45359237, 0.0, "kilograms to pounds", ""),
    (10.0, 0.0, "tenfold", ""),
    (0.1, 0.0, "a tenth", ""),
    (100.0, 0.0, "shares to per cent, or a hundredfold", ""),
    (0.01, 0.0, "per cent to shares, or a hundredth", ""),
    (1_000.0, 0.0, "a thousandfold", ""),
    (0.001, 0.0, "a thousandth", ""),
    (1e6, 0.0, "a millionfold", ""),
    (1e-6, 0.0, "a millionth", ""),
    (60.0, 0.0, "minutes to seconds, or hours to minutes", ""),
    (1 / 60, 0.0, "seconds to minutes, or minutes to hours", ""),
    (3_600.0, 0.0, "hours to seconds", ""),
    (1 / 3_600, 0.0, "seconds to hours", ""),
)
_FACTORS, _OFFSETS = (np.array([conversion[at] for conversion in _KNOWN])[:, None] for at in (0, 1))
"""A row for each conversion, to be set beside points."""
_POINTS = np.linspace(0.0025, 0.9975, 200)
_FEW = 16
"""Conversions are looked at closely that one of so many points does not rule out."""
_LEAST_GAP = 0.1
"""A smaller distance has no such cause that one could tell from others."""
_LEFT = 0.1
"""What may be left of the distance, as a share of it."""
_LEAST_SHARE, _MOST_SHARE = 0.1, 0.95
"""Of the rows, if not all are converted."""
_LEAST_FACTOR = 1.2


@dataclass(frozen=True, slots=True)
class Rescaled:
    """The current values are ``factor`` x + ``offset`` of the reference's."""

    pattern: str
    """``units``, ``scale`` or ``shift``."""
    factor: float
    offset: float
    name: str
    """Of the units, such as ``Fahrenheit to Celsius``; empty for others."""
    formula: str
    share: float
    """Of the rows; 1 where all have changed."""


def rescaled(reference: Distribution, current: Distribution) -> Rescaled | None:
    """Find the factor and the constant that make the reference's values the current ones; None if none do.

    Conversions between common units are tried first, for all rows and for a part of them, then any factor, then any
    constant. What is found leaves at most a tenth of the Kolmogorov-Smirnov distance, or what chance and the sketches
    account for.

    >>> celsius = np.linspace(-10, 35, 500)
    >>> conversion = rescaled(Distribution.from_sample(celsius * 1.8 + 32), Distribution.from_sample(celsius))
    >>> conversion.name, conversion.formula, conversion.share
    ('Fahrenheit to Celsius', '5/9 x - 17.8', 1.0)
    """
    if min(reference.values.size, current.values.size) < 10:
        return None
    before, after = reference.quantile(_POINTS), current.quantile(_POINTS)
    points = np.union1d(before, after)
    now, was = current.cdf(points), reference.cdf(points)
    gap = float(np.abs(now - was).max())
    chance = 1.36 * math.sqrt(1 / reference.n + 1 / current.n) + reference.rank_error + current.rank_error
    allowed = min(gap / 3, max(_LEFT * gap, chance))
    if gap < _LEAST_GAP:
        return None
    if (conversion := _converted(reference, points, now, was, allowed)) is not None:
        return conversion
    for pattern, factor, offset in _fitted(before, after):
        if np.abs(now - _cdf(reference, points, factor, offset)).max() <= allowed:
            return Rescaled(pattern, factor, offset, "", _formula(factor, offset), 1.0)
    return None


def _converted(
    reference: Distribution, points: FloatArray, now: FloatArray, was: FloatArray, allowed: float
) -> Rescaled | None:
    """Return the known conversion, of all rows or of the likeliest share of them, that leaves least of the distance.

    None if all leave more than is allowed.
    """
    likely = _likely(reference, points[::_FEW], now[::_FEW], was[::_FEW], allowed)
    if not likely.size:
        return None
    converted = _cdf(reference, points, _FACTORS[likely], _OFFSETS[likely])
    toward = converted - was
    shares = toward @ (now - was) / np.maximum(np.square(toward).sum(axis=1), 1e-12)
    of_part = np.abs(now - was - shares[:, None] * toward).max(axis=1)
    of_part[(shares < _LEAST_SHARE) | (shares > _MOST_SHARE)] = np.inf
    distances = np.stack([np.abs(now - converted).max(axis=1), of_part], axis=1)
    at, is_part = divmod(int(distances.argmin()), 2)
    if distances[at, is_part] > allowed:
        return None
    factor, offset, name, formula = _KNOWN[likely[at]]
    share = float(shares[at]) if is_part else 1.0
    return Rescaled("units", factor, offset, name, formula or _formula(factor, offset), share)


def _likely(
    reference: Distribution, points: FloatArray, now: FloatArray, was: FloatArray, allowed: float
) -> npt.NDArray[np.intp]:
    """Return the known conversions of which a share of the rows, or all, leaves no more than is allowed at points."""
    toward = _cdf(reference, points, _FACTORS, _OFFSETS) - was
    toward[toward == 0] = 1e-300
    least, most = np.sort([(now - was + off) / toward for off in (-allowed - 1e-9, allowed + 1e-9)], axis=0)
    return np.flatnonzero(np.maximum(least.max(axis=1), _LEAST_SHARE) <= np.minimum(most.min(axis=1), 1.0))


def _cdf(
    reference: Distribution, points: FloatArray, factor: float | FloatArray, offset: float | FloatArray
) -> FloatArray:
    """Return the share of ``factor`` x + ``offset`` of the reference's values at or below each point."""
    at, falls = (points - offset) / factor, np.less(factor, 0)
    shares = reference.cdf(np.where(falls, np.nextafter(at, -np.inf), at))
    converted: FloatArray = np.where(falls, 1 - shares, shares)
    return converted


def _fitted(before: FloatArray, now: FloatArray) -> Iterator[tuple[str, float, float]]:
    """Give the factor and the constant that fit the quantiles best, each by itself."""
    factor = float(before @ now / max(float(before @ before), 1e-300))
    if factor > 0 and max(factor, 1 / factor) >= _LEAST_FACTOR:
        yield "scale", factor, 0.0
    yield "shift", 1.0, float(np.median(now - before))


def _formula(factor: float, offset: float) -> str:
    scaled = "x" if factor == 1 else f"{factor:.4g} x"
    return scaled if not offset else f"{scaled} {'+' if offset > 0 else '-'} {abs(offset):.4g}"

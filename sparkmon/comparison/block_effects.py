"""What a reference's own blocks reach, and how surely a window lies beyond them."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from sparkmon.comparison.groups import Floats
from sparkmon.statistics.laws.student_t import student_t_point, student_t_sf

_LONGER, _LONGEST = 0.105, 1.45
"""Tails of distances are longer than normal ones: of Kolmogorov's, the 5 %, 1 %, 0.1 % and 0.001 % points lie 1.14,
1.26, 1.34 and 1.44 times as many standard deviations above the mean; of a normal column's size, 1.17, 1.27, 1.34 and
1.42 times. A deviation t is taken for (1 + 0.105 t) t, but for no more than 1.45 t."""

_LEAST_EFFECTIVE = 2.5
_NORMAL, _MOST = NormalDist(), 1 - 1e-12


@dataclass(frozen=True, slots=True)
class BlockEffects:
    """The effects of one statistic on a column's blocks, each compared with the other blocks.

    Blocks that follow each other may be alike, and say as much as ``effective`` independent ones. Effects are taken as
    the shifts of a normal column that they stand for: of a ``squared`` statistic by their roots, of a ``bounded`` one,
    which is at most 1, by a normal quantile.

    >>> blocks = BlockEffects.of([0.02, 0.01, 0.03, 0.01, 0.02, 0.01])
    >>> round(blocks.effective, 1), round(blocks.limit(0.1), 3), round(blocks.p_value(0.03), 2)
    (6.0, 0.035, 0.29)
    >>> blocks.p_value(0.1) < 0.01 < blocks.p_value(0.05)
    True
    """

    ascending: tuple[float, ...]
    mean: float
    scale: float
    """What a window's effect may vary by: the blocks' standard deviation, widened for how few they are."""
    effective: float
    surely: float
    """As many as they are worth if they are more alike than they look, by three times the error of that."""
    squared: bool = False
    bounded: bool = False

    @classmethod
    def of(cls, effects: Sequence[float], *, squared: bool = False, bounded: bool = False) -> "BlockEffects":
        """Learn from two or more effects in the order of time."""
        shifts = [_shift(effect, squared, bounded) for effect in effects]
        count = len(shifts)
        mean = math.fsum(shifts) / count
        off = np.array(shifts) - mean
        deviation = math.sqrt(math.fsum(off * off) / (count - 1))
        effective = surely = float(count)
        if deviation:
            as_one, most = _alike(off)
            effective, surely = max(_LEAST_EFFECTIVE, count / as_one), max(_LEAST_EFFECTIVE, count / most)
        few = math.sqrt(1 + 1 / effective) * (1 + 0.5 / math.sqrt(effective))
        return cls(tuple(sorted(shifts)), mean, few * deviation, effective, surely, squared, bounded)

    @property
    def memory(self) -> float:
        """The lag-1 correlation r with which (1 - r) / (1 + r) of the blocks are effective."""
        return memory_of(len(self.ascending), self.effective)

    @property
    def least_level(self) -> float:
        """The least level that so few blocks bear: of K effective ones, a tail counts as far as 1 / K^2."""
        return self.effective**-2

    def limit(self, level: float) -> float:
        """Return the effect that windows without drift exceed with a probability of ``level``.

        With 1 / ``level`` effective blocks or more it is their quantile.
        """
        if self.effective < 1 / level:
            return self.reach(max(level, self.least_level))
        count = len(self.ascending)
        rank = min(math.ceil((count + 1) * (1 - level)), count)
        return self._effect(self.ascending[rank - 1])

    def p_value(self, effect: float) -> float:
        """Return how often a window without drift would reach an effect.

        That is the tail of Student's distribution with as many degrees of freedom as there are effective blocks less
        one; and if blocks reach the effect, no less than (1 + blocks that do) / (1 + blocks), the conformal p-value.
        """
        shift = _shift(effect, self.squared, self.bounded)
        if not self.scale:
            return 1.0 if shift <= self.ascending[-1] else 1 / (1 + len(self.ascending))
        deviations = _without_skew((shift - self.mean) / self.scale)
        tail = student_t_sf(deviations, self.effective - 1)
        reach = len(self.ascending) - bisect_left(self.ascending, shift)
        return max(tail, (1 + reach) / (1 + len(self.ascending))) if reach else tail

    def reach(self, p: float) -> float:
        """Return the effect from which on the p-value is at most ``p``."""
        deviations = student_t_point(p, self.effective - 1)
        longer = min(1 + _LONGER * deviations, _LONGEST)
        point = self.mean + self.scale * longer * deviations
        is_beyond = p < 2 / (1 + len(self.ascending))
        return self._effect(max(point, self.ascending[-1]) if is_beyond else point)

    def _effect(self, shift: float) -> float:
        if self.bounded:
            return 2 * _NORMAL.cdf(shift / 2) - 1
        return shift * abs(shift) if self.squared else shift


def memory_of(count: int, effective: float) -> float:
    """Return the lag-1 correlation r with which (1 - r) / (1 + r) of ``count`` blocks are effective."""
    return max(0.0, (count - effective) / (count + effective))


def _alike(off: Floats) -> tuple[float, float]:
    """Return how many blocks one after the other say as much as one: 1 + 2 (r1 + r2 + ...), r the correlations.

    Lags are added up to the first at which chance alone may have made the correlation; if the first is all there is,
    the others are taken for its powers. The second number is three standard errors greater: of a sum of M lags of n
    blocks, the relative error is the root of 2 (2 M + 1) / n [1]_.

    References
    ----------
    .. [1] Madras, Sokal: The pivot algorithm. Journal of Statistical Physics 50, 1988, appendix C.
    """
    count = off.size
    spectrum = np.fft.rfft(off, 2 * count)
    covariances = np.fft.irfft(abs(spectrum) ** 2)[:count]
    correlations = covariances[1:] / covariances[0]
    is_chance = correlations < 2 / math.sqrt(count)
    lags = int(np.argmax(is_chance)) if is_chance.any() else count - 1
    first = min(max(0.0, float(correlations[0])), 1 - 1 / count)
    as_one = max(1 + 2 * float(correlations[:lags].sum()), (1 + first) / (1 - first))
    return as_one, as_one * (1 + 3 * math.sqrt(2 * (2 * lags + 1) / count) if lags else 1)


def _without_skew(deviations: float) -> float:
    """Return the t that (1 + 0.105 t) t, or 1.45 t, has come from; what is below the mean stays."""
    if deviations <= 0:
        return deviations
    root = math.sqrt(1 + 4 * _LONGER * deviations)
    return max((root - 1) / (2 * _LONGER), deviations / _LONGEST)


def _shift(effect: float, squared: bool, bounded: bool) -> float:
    if bounded:
        return 2 * _NORMAL.inv_cdf((1 + min(max(effect, -_MOST), _MOST)) / 2)
    return math.sqrt(max(0.0, effect)) if squared else effect

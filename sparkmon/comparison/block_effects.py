"""What a reference's own blocks reach, and how surely a window lies beyond them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sparkmon.statistics.laws.student_t import student_t_point, student_t_sf

_SKEW = 1.4
"""Tails of distances are longer than normal ones: of Kolmogorov's, the 0.1 % point lies 1.34 and the 0.001 % point
1.44 times as many standard deviations above the mean as that of a normal distribution."""

_LEAST_EFFECTIVE = 2.5


@dataclass(frozen=True, slots=True)
class BlockEffects:
    """The effects of one statistic on a column's blocks, each compared with the other blocks.

    Blocks that follow each other may be alike: with a lag-1 correlation r, K of them say as much as
    ``effective`` = K (1 - r) / (1 + r) independent ones.

    Examples
    --------
    >>> blocks = BlockEffects.of([0.02, 0.01, 0.03, 0.01, 0.02, 0.01])
    >>> round(blocks.effective, 1), round(blocks.limit(), 3), round(blocks.p_value(0.03), 2)
    (6.0, 0.042, 0.29)
    >>> blocks.p_value(0.1) < 0.01 < blocks.p_value(0.05)
    True
    """

    ascending: tuple[float, ...]
    mean: float
    scale: float
    """What a window's effect may vary by: the blocks' standard deviation, widened for how few they are and for the
    long tails of distances."""
    effective: float

    @classmethod
    def of(cls, effects: Sequence[float]) -> BlockEffects:
        """Learn from two or more effects in the order of time."""
        count = len(effects)
        mean = math.fsum(effects) / count
        off = [effect - mean for effect in effects]
        squares = math.fsum(each * each for each in off)
        lagged = math.fsum(one * other for one, other in pairwise(off))
        memory = max(0.0, lagged / squares) if squares else 0.0
        effective = max(_LEAST_EFFECTIVE, count * (1 - memory) / (1 + memory))
        deviation = math.sqrt(squares / (count - 1))
        few = math.sqrt(1 + 1 / effective) * (1 + 0.5 / math.sqrt(effective))
        return cls(tuple(sorted(effects)), mean, _SKEW * few * deviation, effective)

    def limit(self, level: float = 0.01) -> float:
        """Return what the blocks stay below, except for a share ``level`` of them.

        With fewer than 1 / ``level`` effective ones it is the greatest, raised by one part in the root of their number.
        """
        greatest = self.ascending[-1]
        if self.effective < 1 / level:
            return greatest + abs(greatest) / math.sqrt(self.effective)
        count = len(self.ascending)
        return self.ascending[min(math.ceil((count + 1) * (1 - level)), count) - 1]

    def p_value(self, effect: float) -> float:
        """Return how often a window without drift would reach an effect.

        That is the tail of Student's distribution with as many degrees of freedom as there are effective blocks less
        one; and if blocks reach the effect, no less than (1 + blocks that do) / (1 + blocks), the conformal p-value.
        """
        if not self.scale:
            return 1.0 if effect <= self.ascending[-1] else 1 / (1 + len(self.ascending))
        tail = student_t_sf((effect - self.mean) / self.scale, self.effective - 1)
        reach = len(self.ascending) - bisect_left(self.ascending, effect)
        return max(tail, (1 + reach) / (1 + len(self.ascending))) if reach else tail

    def reach(self, p: float) -> float:
        """Return the effect from which on the p-value is at most ``p``."""
        point = self.mean + self.scale * student_t_point(p, self.effective - 1)
        return max(point, self.ascending[-1]) if p < 2 / (1 + len(self.ascending)) else point

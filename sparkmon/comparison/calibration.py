"""How far a reference's own blocks differ from all of it: what a window may reach without drift."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from sparkmon.comparison.other_blocks import other_blocks
from sparkmon.errors import ProfileError
from sparkmon.statistics import STATISTICS, Statistic, Summary

_ENOUGH_BLOCKS = 30
_MARGIN = 1.25
"""The factor for the greatest of fewer blocks."""


@dataclass(frozen=True, slots=True)
class BlockEffects:
    """The effects of one statistic on a column's blocks, each compared with the whole reference; ascending.

    Examples
    --------
    >>> blocks = BlockEffects((0.01, 0.02, 0.08))
    >>> blocks.limit(0.01), blocks.p_value(0.02), blocks.p_value(0.1)
    (0.1, 0.75, 0.25)
    """

    effects: tuple[float, ...]

    def limit(self, alpha: float) -> float:
        """Return what the blocks of the reference stay below, except for a share ``alpha`` of them.

        With fewer than 30 blocks it is 1.25 times the greatest; with more, the conformal quantile, which is the
        greatest unless there are more than 1 / ``alpha`` of them.
        """
        if len(self.effects) < _ENOUGH_BLOCKS:
            return _MARGIN * self.effects[-1]
        place = math.ceil((len(self.effects) + 1) * (1 - alpha))
        return self.effects[min(place, len(self.effects)) - 1]

    def p_value(self, effect: float) -> float:
        """Return the conformal p-value: (1 + blocks that reach ``effect``) / (1 + blocks)."""
        reach = len(self.effects) - bisect_left(self.effects, effect)
        return (1 + reach) / (1 + len(self.effects))


def calibrate_column(
    whole: Summary, parts: Sequence[Summary], statistics: Sequence[str]
) -> dict[str, BlockEffects]:
    """Compare the blocks of one column with the whole reference, by statistic, where there are two or more.

    Rows that come together are alike: a day is not a random sample of a year, and a p-value that takes rows as
    independent calls most days of the training data themselves drifted. What the blocks of the reference reach is what
    time alone does.

    An effect is the value less noise and sketch error, as in a finding. The block is part of the whole: with m of n
    rows its distance to the others is n / (n - m) times that to the whole, and the square of that for statistics that
    grow with the square of the difference; the square is taken for all, so that a limit is never too low. A statistic
    of what the reference never had (``of_novelty``) is 0 of any part of it: there, a block is compared with the other
    blocks. Blocks with too few rows for the statistic are left out.
    """
    if len(parts) < 2:
        return {}
    each = [STATISTICS.get(name) for name in statistics]
    others = other_blocks(parts) if any(statistic.of_novelty for statistic in each) else []
    effects: dict[str, list[float]] = {name: [] for name in statistics}
    # Block by block: the statistics of one comparison share what they are made of.
    for place, part in enumerate(parts):
        for statistic in each:
            effect = (
                _effect(statistic, others[place], part)
                if statistic.of_novelty
                else _effect(statistic, whole, part, part.rows)
            )
            if effect is not None:
                effects[statistic.name].append(effect)
    return {name: BlockEffects(tuple(sorted(of))) for name, of in effects.items() if len(of) > 1}


def _effect(
    statistic: Statistic, reference: Summary, part: Summary, shared: float = 0.0
) -> float | None:
    """Compare one block with a reference of which it is ``shared`` rows; None if it has too few."""
    try:
        measured = statistic.measure(reference, part)
    except ProfileError:
        return None
    enough = measured.least_rows is not None and measured.current_count >= measured.least_rows
    if not enough or math.isnan(measured.value):
        return None
    share = shared / reference.rows
    return max(0.0, measured.effect) / (1 - share) ** 2 if share < 1 else 0.0

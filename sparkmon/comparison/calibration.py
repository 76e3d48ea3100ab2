"""How far a reference's own blocks differ from all of it: what a window may reach without drift."""

import math
from collections.abc import Sequence

from sparkmon.comparison.block_effects import BlockEffects
from sparkmon.comparison.other_blocks import other_blocks
from sparkmon.errors import ProfileError
from sparkmon.statistics import STATISTICS, Statistic, Summary


def calibrate_column(whole: Summary, parts: Sequence[Summary], statistics: Sequence[str]) -> dict[str, BlockEffects]:
    """Compare the blocks of one column with the whole reference, by statistic, where there are two or more.

    Rows that come together are alike: a day is not a random sample of a year, and a p-value that takes rows as
    independent calls most days of the training data themselves drifted. What the blocks of the reference reach is what
    time alone does.

    An effect is the value less noise and sketch error, as in a finding. The block is part of the whole: with m of n
    rows its distance to the others is n / (n - m) times that to the whole, and the square of that for statistics that
    grow with the square of the difference (``squared``). A statistic of what the reference never had (``of_novelty``)
    is 0 of any part of it: there, a block is compared with the other blocks.
    """
    if len(parts) < 2:
        return {}
    chosen = [STATISTICS.get(name) for name in statistics]
    others = other_blocks(parts) if any(statistic.of_novelty for statistic in chosen) else []
    effects: dict[str, list[float]] = {name: [] for name in statistics}
    # Block by block: the statistics of one comparison share what they are made of.
    for place, part in enumerate(parts):
        for statistic in chosen:
            effect = (
                _effect(statistic, others[place], part)
                if statistic.of_novelty
                else _effect(statistic, whole, part, part.rows)
            )
            if effect is not None:
                effects[statistic.name].append(effect)
    return {
        each.name: BlockEffects.of(effects[each.name], squared=each.squared, bounded=each.greatest == 1)
        for each in chosen
        if len(effects[each.name]) > 1
    }


def _effect(statistic: Statistic, reference: Summary, part: Summary, shared: float = 0.0) -> float | None:
    """Compare one block with a reference of which it is ``shared`` rows; None if that says nothing."""
    try:
        measured = statistic.measure(reference, part)
    except ProfileError:
        return None
    share = shared / reference.rows if reference.rows else 1.0
    if math.isnan(measured.value) or share >= 1:
        return None
    return measured.effect / (1 - share) ** (2 if statistic.squared else 1)

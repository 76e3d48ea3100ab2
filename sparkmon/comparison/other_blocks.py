"""What is known of a reference without one of its blocks, as far as novelty needs it: the range and the levels."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from sparkmon.distributions import Categories, Distribution
from sparkmon.statistics import Summary


def other_blocks(blocks: Sequence[Summary]) -> list[Summary]:
    """Return for each of two or more blocks of one kind what all others together have had.

    Of numbers, the least and the greatest alone, with the count of all rows: that is all that a range needs. Of levels,
    their counts.

    >>> days = [Categories({"a": 1, level: 1}, null_count=0, n=2) for level in "bc"]
    >>> sorted(other_blocks(days)[0].counts)
    ['a', 'c']
    """
    levels = [block for block in blocks if isinstance(block, Categories)]
    if levels:
        return [*_levels(levels)]
    return [*_ranges([block for block in blocks if isinstance(block, Distribution)])]


def _levels(blocks: Sequence[Categories]) -> list[Categories]:
    together: Counter[str] = Counter()
    for block in blocks:
        together.update(block.counts)
    rows = math.fsum(block.n for block in blocks)
    others = []
    for block in blocks:
        rest = {level: count - block.counts.get(level, 0.0) for level, count in together.items()}
        counts = {level: count for level, count in rest.items() if count > 0}
        others.append(Categories(counts, 0.0, max(rows - block.n, math.fsum(counts.values()))))
    return others


def _ranges(blocks: Sequence[Distribution]) -> list[Distribution]:
    filled = [block for block in blocks if block.n]
    lows = sorted(block.least for block in filled)[:2]
    highs = sorted((block.greatest for block in filled), reverse=True)[:2]
    rows = math.fsum(block.n for block in blocks)
    others = []
    for block in blocks:
        if len(filled) < 2:
            others.append(Distribution.from_sample([]))
            continue
        # Where the extreme is this block's own, the others' is the next.
        least = lows[1] if block.n and block.least == lows[0] else lows[0]
        greatest = highs[1] if block.n and block.greatest == highs[0] else highs[0]
        ends = np.array([least, greatest] if least < greatest else [least])
        weights = np.full(ends.size, (rows - block.n) / ends.size)
        others.append(Distribution(ends, weights, 0.0, rows - block.n, least=least, greatest=greatest))
    return others

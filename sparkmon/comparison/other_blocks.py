"""What is known of a reference without one of its blocks, as far as novelty needs it: the range and the levels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sparkmon.distributions import Categories, Distribution, summary_of
from sparkmon.records import FeatureKind

__all__ = ["other_blocks"]


def other_blocks(
    profiles: Sequence[Mapping[str, Any]], kind: FeatureKind
) -> list[Distribution] | list[Categories]:
    """Return for each block what all others together have had.

    Parameters
    ----------
    profiles : sequence of mapping
        The fields of ``sparkmon.distributions.schema.PROFILE``, one per block; two or more.
    kind : {"numeric", "categorical"}
        What the column holds.

    Returns
    -------
    list of Distribution or Categories
        In the order of the blocks. Of numbers, the least and the greatest alone, with the count of all rows: sketches
        cannot be taken from one another. Of levels, their counts.

    Examples
    --------
    >>> day = {"count": 2, "num_texts": 2, "num_numbers": 0}
    >>> days = [day | {"frequent_items": {"a": 1, level: 1}} for level in "bc"]
    >>> dict(other_blocks(days, "categorical")[0].counts)
    {'a': 1.0, 'c': 1.0}
    """
    if kind == "categorical":
        return _levels([summary_of(profile, kind) for profile in profiles])
    return _ranges(profiles)


def _levels(blocks: Sequence[Any]) -> list[Categories]:
    together: Counter[str] = Counter()
    for block in blocks:
        together.update(block.counts)
    rows = math.fsum(block.n for block in blocks)
    found = []
    for block in blocks:
        left = {level: count - block.counts.get(level, 0.0) for level, count in together.items()}
        counts = {level: count for level, count in left.items() if count > 0}
        found.append(Categories(counts, 0.0, max(rows - block.n, math.fsum(counts.values()))))
    return found


def _ranges(profiles: Sequence[Mapping[str, Any]]) -> list[Distribution]:
    held = [profile for profile in profiles if profile["num_numbers"]]
    lows = sorted(profile["min"] for profile in held)[:2]
    highs = sorted((profile["max"] for profile in held), reverse=True)[:2]
    rows = sum(profile["num_numbers"] for profile in profiles)
    found = []
    for profile in profiles:
        mine = profile["num_numbers"]
        if len(held) < 2 or rows == mine:
            found.append(Distribution.from_sample([]))
            continue
        # Where the extreme is this block's own, the others' is the next.
        least = lows[1] if mine and profile["min"] == lows[0] else lows[0]
        greatest = highs[1] if mine and profile["max"] == highs[0] else highs[0]
        ends = [least, greatest] if least < greatest else [least]
        weight = (rows - mine) / len(ends)
        found.append(
            Distribution(
                np.array(ends),
                np.full(len(ends), weight),
                0.0,
                rows - mine,
                least=least,
                greatest=greatest,
            )
        )
    return found

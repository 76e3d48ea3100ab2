"""Where a loss grew: by rows of another kind, or by rows of the same kind that are wrong more often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import ProfileError

REST = ":none"
"""The segment of the rows that a key has no value for."""


class Segment(NamedTuple):
    """Rows of a segment, and the sum of their losses."""

    rows: float
    loss: float


class Effect(NamedTuple):
    """What a segment adds to the change of the mean loss."""

    value: str
    mix: float
    """By more or fewer rows of a segment that is wrong more or less often than others."""
    rate: float
    """By rows that are wrong more or less often than those of the segment were."""

    @property
    def total(self) -> float:
        """Both."""
        return self.mix + self.rate


@dataclass(frozen=True)
class Segments:
    """The segments of one key of some rows, which together are all of them.

    Examples
    --------
    >>> before = Segments.of({"EWR": Segment(50, 5), "JFK": Segment(50, 10)}, Segment(100, 15))
    >>> after = Segments.of({"EWR": Segment(20, 2), "JFK": Segment(80, 40)}, Segment(100, 42))
    >>> [(each.value, round(each.mix, 3), round(each.rate, 3)) for each in after.effects(before)]
    [('JFK', 0.015, 0.24), ('EWR', 0.015, 0.0), (':none', 0.0, 0.0)]
    """

    parts: Mapping[str, Segment]

    @classmethod
    def of(cls, parts: Mapping[str, Segment], whole: Segment) -> Segments:
        """Make them of the rows with a value, and of all rows."""
        rows, loss = (sum(column) for column in zip(*parts.values(), strict=True)) if parts else (0.0, 0.0)
        if rows > whole.rows:
            raise ProfileError(f"got {rows:g} rows in segments of {whole.rows:g}; expected a part of them")
        return cls({**parts, REST: Segment(whole.rows - rows, whole.loss - loss)})

    @property
    def whole(self) -> Segment:
        """All rows."""
        return Segment(*(float(sum(column)) for column in zip(*self.parts.values(), strict=True)))

    def effects(self, before: Segments) -> list[Effect]:
        """Return what each segment adds to the change of the mean loss since then, the greatest first.

        With the shares p before and q now, the mean losses l and k of a segment and L of all rows before: the mix is
        (q - p) (l - L), the rate q (k - l). They add up to the change exactly. A segment without rows before counts as
        if it had been like all of them.
        """
        was, now = before.whole, self.whole
        mean = was.loss / was.rows
        effects = []
        for value in {**self.parts, **before.parts}:
            old, new = (each.parts.get(value, Segment(0, 0)) for each in (before, self))
            p, q = old.rows / was.rows, new.rows / now.rows
            l_old = old.loss / old.rows if old.rows else mean
            l_new = new.loss / new.rows if new.rows else l_old
            effects.append(Effect(value, (q - p) * (l_old - mean), q * (l_new - l_old)))
        return sorted(effects, key=lambda each: -each.total)


def segments_of(losses: FloatArray, slices: Iterable[tuple[str, Any]]) -> dict[str, Segments]:
    """Return the segments of rows by each key; ``slices`` are the values of each row as ``BlockSlices`` gives them."""
    whole = Segment(float(len(losses)), float(losses.sum()))
    segments = {}
    for key, values in slices:
        codes, names = values.indices.fill_null(len(values.dictionary)).to_numpy(), values.dictionary.to_pylist()
        rows, sums = (np.bincount(codes, each, len(names) + 1) for each in (None, losses))
        parts = {name: Segment(float(rows[at]), float(sums[at])) for at, name in enumerate(names) if rows[at]}
        segments[key] = Segments.of(parts, whole)
    return segments

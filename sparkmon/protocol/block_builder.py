"""The rows of many events, gathered by layout into row blocks.

Whoever sends a new layout with every event gets no block for each: beyond some layouts of one model, rows share blocks
in which a cell may be absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from sparkmon.protocol.body import Rows
from sparkmon.protocol.cells import cells_of, join_cells
from sparkmon.protocol.loose_cells import LooseRows, pack
from sparkmon.protocol.naming import Naming
from sparkmon.protocol.row_block import Cells, RowBlock
from sparkmon.records import Half

__all__ = ["MAX_LAYOUTS", "SIDES", "BlockBuilder", "SideRows"]

SIDES = ("features", "predictions", "entities", "row_flags")
"""The value columns of rows."""

MAX_LAYOUTS = 32
"""Layouts of one model, version and half that get a block of their own in one batch."""

_Places: TypeAlias = npt.NDArray[np.int64]


class SideRows(NamedTuple):
    """The rows of one event on one side, and what their columns are called.

    ``naming`` is the same object for all events of one layout.
    """

    side: str
    naming: Naming
    rows: Rows


class _Owner(NamedTuple):
    model: str
    version: str
    half: Half


@dataclass(slots=True)
class _Gathering:
    """Rows of one layout: row ``starts[i]`` of event ``events[i]`` and those that follow, ``counts[i]`` in all."""

    sides: tuple[tuple[str, Naming], ...]
    events: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    values: dict[str, list[Any]] = field(default_factory=dict)


class BlockBuilder:
    """Gathers the rows of events and builds their blocks.

    Parameters
    ----------
    times : array of int
        By event, microseconds since 1970.

    Examples
    --------
    >>> builder = BlockBuilder(np.array([10]))
    >>> rows = Rows(("a",), True, 2, [1.5, "x"])
    >>> builder.add("iris", "", "request", 0, [SideRows("features", Naming(("a",)), rows)])
    >>> [block] = builder.build()
    >>> block.instance.tolist(), block.features.texts[0].to_pylist()
    ([0, 1], [None, 'x'])
    """

    def __init__(self, times: _Places) -> None:
        self._times = times
        self._owners: dict[_Owner, dict[tuple[object, ...], _Gathering]] = {}
        self._loose: dict[tuple[object, ...], list[LooseRows]] = {}

    def add(self, model: str, version: str, half: Half, event: int, sides: list[SideRows]) -> None:
        """Add the rows of one event; a side may have fewer rows than another."""
        owner = _Owner(model, version, half)
        start = 0
        for end in sorted({side.rows.count for side in sides}):
            parts = [side for side in sides if side.rows.count >= end]
            values = {
                side.side: side.rows.values
                if len(parts) == len(sides) and start == 0 and side.rows.count == end
                else side.rows.values[start * len(side.naming.names) : end * len(side.naming.names)]
                for side in parts
            }
            self._add(owner, event, start, end - start, parts, values)
            start = end

    def _add(
        self,
        owner: _Owner,
        event: int,
        start: int,
        count: int,
        parts: list[SideRows],
        values: Mapping[str, Any],
    ) -> None:
        gatherings = self._owners.setdefault(owner, {})
        key = tuple((side.side, id(side.naming)) for side in parts)
        gathering = gatherings.get(key)
        if gathering is None:
            sides = tuple((side.side, side.naming) for side in parts)
            if len(gatherings) >= MAX_LAYOUTS:
                loose = LooseRows(event, start, count, dict(sides), values)
                group = (owner, *(side for side, _ in sides))
                self._loose.setdefault(group, []).append(loose)
                return
            gathering = gatherings[key] = _Gathering(sides)
            gathering.values = {side: [] for side, _ in sides}
        gathering.events.append(event)
        gathering.starts.append(start)
        gathering.counts.append(count)
        for side, each in values.items():
            gathering.values[side].extend(each)

    def build(self) -> list[RowBlock]:
        """Build the blocks, each in the order of its events."""
        return [*self._layout_blocks(), *self._loose_blocks()]

    def _layout_blocks(self) -> Iterator[RowBlock]:
        for owner, gatherings in self._owners.items():
            for each in gatherings.values():
                count = sum(each.counts)
                cells = {
                    side: join_cells(
                        [cells_of(naming.names, each.values[side], count, naming.kinds)]
                    )
                    for side, naming in each.sides
                }
                yield self._block(owner, each.events, each.starts, each.counts, cells)

    def _loose_blocks(self) -> Iterator[RowBlock]:
        for (owner, *_), rows in self._loose.items():
            for part, cells in pack(rows):
                events, starts, counts = zip(
                    *[(r.event, r.start, r.count) for r in part], strict=True
                )
                yield self._block(cast("_Owner", owner), events, starts, counts, cells)

    def _block(
        self,
        owner: _Owner,
        events: Sequence[int],
        starts: Sequence[int],
        counts: Sequence[int],
        cells: Mapping[str, Cells],
    ) -> RowBlock:
        size = np.array(counts, np.int64)
        event = np.repeat(np.array(events, np.int64), size)
        first = np.repeat(np.array(starts, np.int64) - (np.cumsum(size) - size), size)
        instance = (first + np.arange(len(event))).astype(np.int32)
        sides = [cells.get(side) for side in SIDES]
        return RowBlock(*owner, event, self._times[event], instance, *sides)

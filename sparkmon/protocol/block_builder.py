"""The rows of many events, gathered by layout and built as row blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.protocol.body import Rows
from sparkmon.protocol.cells import cells_of, join_cells
from sparkmon.protocol.naming import Naming
from sparkmon.protocol.row_block import Cells, RowBlock
from sparkmon.protocol.shared_blocks import Owner, Part, blocks_of_parts, split
from sparkmon.records import Half

_Places: TypeAlias = npt.NDArray[np.int64]


class SideRows(NamedTuple):
    """The rows of one event on one side, and what their columns are called.

    ``naming`` is the same object for all events of one layout.
    """

    side: str
    naming: Naming
    rows: Rows


@dataclass(slots=True)
class _Gathering:
    """Rows of one layout: row ``starts[i]`` of event ``events[i]`` and those that follow, ``counts[i]`` in all."""

    half: Half
    sides: tuple[tuple[str, Naming], ...]
    tables: list[tuple[_Places, _Places, dict[str, Cells]]] = field(default_factory=list)
    """Of many events at once: events, counts and cells."""
    events: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)
    """Of the others, by side."""


class BlockBuilder:
    """Gathers the rows of events and builds their blocks.

    Examples
    --------
    >>> builder = BlockBuilder()
    >>> builder.add("request", 0, [SideRows("features", Naming(("a",)), Rows(("a",), True, 2, [1.5, "x"]))])
    >>> [block] = builder.build(np.array([10]), np.array([0]), {0: Owner("iris", "")})
    >>> block.instance.tolist(), block.features.texts[0].to_pylist()
    ([0, 1], [None, 'x'])
    """

    def __init__(self) -> None:
        self._gatherings: dict[tuple[object, ...], _Gathering] = {}

    def __len__(self) -> int:
        """Return how many layouts there are."""
        return len(self._gatherings)

    def add(self, half: Half, event: int, sides: Sequence[SideRows]) -> None:
        """Add the rows of one event; a side may have fewer rows than another."""
        start = 0
        for end in sorted({side.rows.count for side in sides}):
            parts = [side for side in sides if side.rows.count >= end]
            gathering = self._gathering(half, [(side.side, side.naming) for side in parts])
            gathering.events.append(event)
            gathering.starts.append(start)
            gathering.counts.append(end - start)
            for values, side in zip(gathering.values, parts, strict=True):
                width = len(side.naming.names)
                values.extend(side.rows.values[start * width : end * width])
            start = end

    def add_table(
        self,
        half: Half,
        side: tuple[str, Naming],
        events: _Places,
        counts: Sequence[int],
        cells: Cells,
    ) -> None:
        """Add the rows of many events, which have one side."""
        table = events, np.array(counts, np.int64), {side[0]: cells}
        self._gathering(half, [side]).tables.append(table)

    def _gathering(self, half: Half, sides: Sequence[tuple[str, Naming]]) -> _Gathering:
        key = (half, *[(side, id(naming)) for side, naming in sides])
        gathering = self._gatherings.get(key)
        if gathering is None:
            gathering = self._gatherings[key] = _Gathering(half, tuple(sides))
            gathering.values = [[] for _ in sides]
        return gathering

    def build(
        self, times: _Places, owner_codes: _Places, owners: Mapping[int, Owner]
    ) -> list[RowBlock]:
        """Build the blocks, each in the order of its events.

        Parameters
        ----------
        times : array of int
            By event, microseconds since 1970.
        owner_codes : array of int
            By event, the index of its owner.
        owners : mapping
            Index to owner.
        """
        parts: dict[tuple[int, Half], list[Part]] = {}
        for gathering in self._gatherings.values():
            part = _part(gathering, times)
            for code, rows in split(owner_codes[part.event]):
                own = part if len(rows) == len(part.event) else part.take(rows)
                parts.setdefault((code, gathering.half), []).append(own)
        return [
            block
            for (code, half), own in parts.items()
            for block in blocks_of_parts(owners[code], half, own)
        ]


def _part(gathering: _Gathering, times: _Places) -> Part:
    """Put the rows of one layout below each other, in the order of their events."""
    tables = list(gathering.tables)
    starts = [np.zeros(len(events), np.int64) for events, _, _ in tables]
    if gathering.events:
        count = sum(gathering.counts)
        cells = {
            side: cells_of(naming.names, values, count, naming.kinds)
            for (side, naming), values in zip(gathering.sides, gathering.values, strict=True)
        }
        starts.append(np.array(gathering.starts, np.int64))
        tables.append((np.array(gathering.events), np.array(gathering.counts), cells))
    events = np.concatenate([each for each, _, _ in tables])
    counts = np.concatenate([each for _, each, _ in tables])
    event = np.repeat(events, counts)
    first = np.repeat(np.concatenate(starts) - (np.cumsum(counts) - counts), counts)
    instance = (first + np.arange(len(event))).astype(np.int32)
    cells = {side: join_cells([each[side] for _, _, each in tables]) for side, _ in gathering.sides}
    part = Part(event, times[event], instance, cells)
    if (np.diff(event) < 0).any():
        part = part.take(np.argsort(event, kind="stable"))
    return part

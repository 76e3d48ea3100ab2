"""One of the two value columns of decoded rows (features or predictions), gathered event by event and built in bulk.

Events of one layout (same names, same kinds) share a block, so that names are written by index and values by column.
Whoever sends a new layout with every event gets no block of its own: beyond a bound, rows go to one loose block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.body import Rows
from sparkmon.protocol.cells import Cells, cells_of, settle
from sparkmon.protocol.naming import Naming
from sparkmon.protocol.schema import VALUES
from sparkmon.records import Value

__all__ = ["ValueMaps"]

_MAX_BLOCKS = 256
_Numbers = npt.NDArray[np.int64]


@dataclass(slots=True)
class _Block:
    """Rows of one layout: ``counts[i]`` rows from output row ``starts[i]`` on."""

    naming: Naming
    starts: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)


class ValueMaps:
    """Gathers rows and builds their Arrow maps.

    Examples
    --------
    >>> maps = ValueMaps()
    >>> maps.add(1, Naming(("a", "b")), Rows(("a", "b"), True, 1, [1.5, "x"]))
    >>> maps.build(2).to_pylist()
    [None, [('a', {'number': 1.5, 'text': None}), ('b', {'number': None, 'text': 'x'})]]
    """

    def __init__(self) -> None:
        self._blocks: dict[int, _Block] = {}
        self._loose: list[tuple[int, Naming, Rows]] = []

    def add(self, start: int, naming: Naming, rows: Rows) -> None:
        """Add the rows of one event, to stand from output row ``start`` on.

        ``naming`` must be the same object for all events of one layout.
        """
        block = self._blocks.get(id(naming))
        if block is None:
            if len(self._blocks) >= _MAX_BLOCKS:
                self._loose.append((start, naming, rows))
                return
            block = self._blocks[id(naming)] = _Block(naming)
        block.starts.append(start)
        block.counts.append(rows.count)
        block.values.extend(rows.values)

    def build(self, count: int) -> pa.MapArray[Any, Any]:
        """Build the column of ``count`` output rows; those nothing was added for are null."""
        if not self._blocks:
            return pa.nulls(count, VALUES)
        places = [_expand(block) for block in self._blocks.values()]
        widths = [len(block.naming.names) for block in self._blocks.values()]
        sizes = np.full(count, -1, np.int64)
        for rows, width in zip(places, widths, strict=True):
            sizes[rows] = width
        for start, naming, loose in self._loose:
            sizes[start : start + loose.count] = len(naming.names)
        absent = sizes < 0
        offsets = np.concatenate(([0], np.cumsum(np.where(absent, 0, sizes))))
        table = _Table(int(offsets[-1]))
        for block, rows, width in zip(self._blocks.values(), places, widths, strict=True):
            at = (offsets[rows][:, None] + np.arange(width)).ravel()
            cells = cells_of(block.values, block.naming.kinds or (None,) * width)
            table.put(at, np.tile(np.arange(width), len(rows)), block.naming.names, cells)
        if self._loose:
            self._put_loose(table, offsets)
        keys, items = table.arrays()
        mask = pa.array(absent) if absent.any() else None
        make: Any = pa.MapArray.from_arrays  # the stubs know neither its int32 offsets nor its type
        built: pa.MapArray[Any, Any] = make(
            pa.array(offsets, pa.int32()), keys, items, type=VALUES, mask=mask
        )
        return built

    def _put_loose(self, table: _Table, offsets: _Numbers) -> None:
        names: list[str] = []
        values: list[Value] = []
        places: list[_Numbers] = []
        for start, naming, rows in self._loose:
            width = len(naming.names)
            kinds = naming.kinds or (None,) * width
            names.extend(naming.names * rows.count)
            values.extend(settle(v, kinds[i % width]) for i, v in enumerate(rows.values))
            places.append(np.arange(offsets[start], offsets[start] + rows.count * width))
        table.put(np.concatenate(places), np.arange(len(names)), names, cells_of(values, (None,)))


class _Table:
    """The cells of all rows in output order, filled block by block."""

    def __init__(self, size: int) -> None:
        self._numbers = np.zeros(size)
        self._has_number = np.zeros(size, np.bool_)
        self._name_at = np.zeros(size, np.int32)
        self._names: list[str] = []
        self._text_at: list[_Numbers] = []
        self._texts: list[list[str]] = []

    def put(self, at: _Numbers, name_at: _Numbers, names: Sequence[str], cells: Cells) -> None:
        self._numbers[at] = cells.numbers
        self._has_number[at] = cells.has_number
        self._name_at[at] = name_at + len(self._names)
        self._names.extend(names)
        self._text_at.append(at[cells.text_at])
        self._texts.append(cells.texts)

    def arrays(self) -> tuple[pa.StringArray, pa.StructArray]:
        size = len(self._numbers)
        name_at: Any = pa.array(self._name_at)
        keys = pa.array(self._names, pa.string()).take(name_at)
        numbers = pa.array(self._numbers, mask=~self._has_number)
        texts = pa.nulls(size, pa.string())
        values = pa.array(list(chain.from_iterable(self._texts)), pa.string())
        if len(values):
            index = np.full(size, -1, np.int64)
            index[np.concatenate(self._text_at)] = np.arange(len(values))
            at: Any = pa.array(index, mask=index < 0)
            texts = values.take(at)
        return keys, pa.StructArray.from_arrays([numbers, texts], fields=list(VALUES.item_type))


def _expand(block: _Block) -> _Numbers:
    """List the output row of every row of a block."""
    starts, counts = np.array(block.starts, np.int64), np.array(block.counts, np.int64)
    first = np.cumsum(counts) - counts
    return np.repeat(starts - first, counts) + np.arange(int(counts.sum()))

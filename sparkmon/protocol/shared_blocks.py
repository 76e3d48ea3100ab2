"""The blocks of one model, version and half: one for each layout, or few that many layouts share.

Whoever sends a new layout with every event gets no block for each: beyond some, rows share blocks in which a cell may
be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.cells import join_cells
from sparkmon.protocol.row_block import SIDES, Cells, RowBlock
from sparkmon.records import Half

_MAX_LAYOUTS = 32
"""Layouts that get a block of their own."""
_FILL = 8
"""A shared block has at most so many cells for each that is present, and some more."""
_SMALL = 4096

_Places: TypeAlias = npt.NDArray[np.int64]


class Owner(NamedTuple):
    """Whose rows they are."""

    model: str
    model_version: str


class Part(NamedTuple):
    """Rows of one layout, in the order of their events."""

    event: _Places
    event_time: _Places
    instance: npt.NDArray[np.int32]
    cells: Mapping[str, Cells]
    """By side."""

    def take(self, rows: _Places) -> Part:
        """Return some of the rows."""
        cells = {side: each.take(rows) for side, each in self.cells.items()}
        return Part(self.event[rows], self.event_time[rows], self.instance[rows], cells)


def split(codes: npt.NDArray[np.integer[Any]]) -> Iterator[tuple[int, _Places]]:
    """Split rows by their codes: yield each code with the places of its rows.

    Examples
    --------
    >>> [(code, rows.tolist()) for code, rows in split(np.array([5, 3, 5]))]
    [(3, [1]), (5, [0, 2])]
    """
    if not len(codes):
        return
    if (codes == codes[0]).all():
        yield int(codes[0]), np.arange(len(codes))
        return
    order = np.argsort(codes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        yield int(codes[rows[0]]), rows


def blocks_of_parts(owner: Owner, half: Half, parts: Sequence[Part]) -> Iterator[RowBlock]:
    """Make the blocks of one model, version and half.

    Examples
    --------
    >>> times = np.array([10])
    >>> parts = [
    ...     Part(np.array([i]), times, np.zeros(1, np.int32), {"features": Cells((f"x{i}",), np.ones((1, 1)))})
    ...     for i in range(34)
    ... ]
    >>> blocks = list(blocks_of_parts(Owner("iris", ""), "request", parts))
    >>> len(blocks), blocks[-1].features.names, blocks[-1].features.present.tolist()
    (33, ('x32', 'x33'), [[True, False], [False, True]])
    """
    parts = sorted(parts, key=lambda part: int(part.event[0]))
    for part in parts[:_MAX_LAYOUTS]:
        yield _block(owner, half, part)
    loose: dict[frozenset[str], list[Part]] = {}
    for part in parts[_MAX_LAYOUTS:]:
        loose.setdefault(frozenset(part.cells), []).append(part)
    for group in loose.values():
        for packed in _pack(group):
            yield _block(owner, half, _join(packed, _union))


def _block(owner: Owner, half: Half, part: Part) -> RowBlock:
    sides = [part.cells.get(side) for side in SIDES]
    return RowBlock(*owner, half, part.event, part.event_time, part.instance, *sides)


def _pack(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Put parts together as long as most of the cells that they will have in common are not absent."""
    packed: list[Part] = []
    names: set[tuple[str, str]] = set()
    rows = cells = 0
    for part in parts:
        own = {(side, name) for side, each in part.cells.items() for name in each.names}
        size = len(part.event)
        if packed and (rows + size) * len(names | own) > _FILL * (cells + size * len(own)) + _SMALL:
            yield packed
            packed, names, rows, cells = [], set(), 0, 0
        packed.append(part)
        names |= own
        rows, cells = rows + size, cells + size * len(own)
    yield packed


def below(parts: Sequence[Part]) -> Part:
    """Put parts of one layout below each other, in the order of their events."""
    return _join(parts, join_cells)


def _join(parts: Sequence[Part], join: Callable[[Sequence[Cells]], Cells]) -> Part:
    if len(parts) > 1:
        joint = Part(
            np.concatenate([part.event for part in parts]),
            np.concatenate([part.event_time for part in parts]),
            np.concatenate([part.instance for part in parts]),
            {side: join([part.cells[side] for part in parts]) for side in parts[0].cells},
        )
    else:
        joint = parts[0]
    is_sorted = (np.diff(joint.event) >= 0).all()
    return joint if is_sorted else joint.take(np.argsort(joint.event, kind="stable"))


def _union(parts: Sequence[Cells]) -> Cells:
    """Put cells of different columns below each other."""
    columns = {
        name: at
        for at, name in enumerate(dict.fromkeys(chain.from_iterable(part.names for part in parts)))
    }
    shape = (sum(map(len, parts)), len(columns))
    numbers = np.full(shape, np.nan)
    has_number, present = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    texts: dict[int, list[tuple[_Places, pa.Array[Any]]]] = {}
    first = 0
    for part in parts:
        at = [columns[name] for name in part.names]
        rows = slice(first, first + len(part))
        numbers[rows, at], has_number[rows, at], present[rows, at] = (
            part.numbers,
            part.is_number(),
            True,
        )
        for column, text in part.texts.items():
            texts.setdefault(at[column], []).append((np.arange(rows.start, rows.stop), text))
        first = rows.stop
    spread = {column: _spread(each, shape[0]) for column, each in texts.items()}
    return Cells(tuple(columns), numbers, has_number, spread, present)


def _spread(texts: Sequence[tuple[_Places, pa.Array[Any]]], count: int) -> pa.Array[Any]:
    index = np.full(count, -1, np.int64)
    places = np.concatenate([rows for rows, _ in texts])
    index[places] = np.arange(len(places))
    at: Any = pa.array(index, mask=index < 0)
    return pa.concat_arrays([each for _, each in texts]).take(at)

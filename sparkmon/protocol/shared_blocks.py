"""The blocks of one model, version and half: one for each layout, or few that many layouts share.

Whoever sends a new layout with every event gets no block for each: beyond some, rows share blocks in which a cell may
be absent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.cells import join_cells
from sparkmon.protocol.row_block import SIDES, Cells, RowBlock

_MAX_LAYOUTS = 32
"""Layouts that get a block of their own."""
_FILL = 8
"""A shared block has at most so many cells for each that is present, and some more."""
_SMALL = 4096

_Places: TypeAlias = npt.NDArray[np.int64]


def split(codes: npt.NDArray[np.integer[Any]]) -> Iterator[tuple[int, _Places]]:
    """Split rows by their codes: yield each code with the places of its rows."""
    if not len(codes):
        return
    if (codes == codes[0]).all():
        yield int(codes[0]), np.arange(len(codes))
        return
    order = np.argsort(codes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        yield int(codes[rows[0]]), rows


def shared_blocks(blocks: Sequence[RowBlock]) -> Iterator[RowBlock]:
    """Make the blocks of one model, version and half, from one for each layout."""
    blocks = sorted(blocks, key=lambda block: int(block.event[0]))
    yield from blocks[:_MAX_LAYOUTS]
    loose: dict[frozenset[str], list[RowBlock]] = {}
    for block in blocks[_MAX_LAYOUTS:]:
        loose.setdefault(frozenset(block.sides()), []).append(block)
    for group in loose.values():
        yield from map(join_blocks, _pack(group))


def _pack(blocks: Sequence[RowBlock]) -> Iterator[list[RowBlock]]:
    """Put blocks together as long as most of the cells that they will have in common are not absent."""
    packed: list[RowBlock] = []
    names: set[tuple[str, str]] = set()
    rows = cells = 0
    for block in blocks:
        own = {(side, name) for side, each in block.sides().items() for name in each.names}
        size = len(block)
        if packed and (rows + size) * len(names | own) > _FILL * (cells + size * len(own)) + _SMALL:
            yield packed
            packed, names, rows, cells = [], set(), 0, 0
        packed.append(block)
        names |= own
        rows, cells = rows + size, cells + size * len(own)
    yield packed


def join_blocks(blocks: Sequence[RowBlock]) -> RowBlock:
    """Put blocks below each other, in the order of their events."""
    joint = blocks[0]
    if len(blocks) > 1:
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(block, name) for block in blocks])
            for name in ("event", "event_time", "instance")
        }
        columns |= {side: join_cells([getattr(b, side) for b in blocks]) for side in joint.sides()}
        joint = replace(joint, **columns)
    return joint if (np.diff(joint.event) >= 0).all() else joint.take(np.argsort(joint.event, kind="stable"))


_OWNER = ("model", "model_version", "event_type")

_Digests: TypeAlias = npt.NDArray[np.uint64]


def blocks_of_rows(rows: pa.RecordBatch) -> list[RowBlock]:
    """Gather decoded rows into blocks.

    ``rows`` have the columns of the schema ``DECODED`` that a block has; those without an instance are left out. The
    blocks are as :func:`decode_events` has them, except that ``event`` is the index of the row in ``rows``.
    """
    instance: Any = rows.column("instance").to_numpy()
    at = np.flatnonzero(instance >= 0)
    if not len(at):
        return []
    times = rows.column("event_time").cast(pa.int64()).to_numpy()
    maps = {side: _Maps(rows.column(side)) for side in SIDES}
    layouts: _Digests = np.sum([each.layouts for each in maps.values()], axis=0, dtype=np.uint64)
    blocks: list[RowBlock] = []
    for _, own in split(_owners(rows)[at]):
        places = at[own]
        parts = []
        model, version, half = [rows.column(name)[int(places[0])].as_py() for name in _OWNER]
        for _, group in split(layouts[places]):
            chosen = places[group]
            cells: dict[str, Any] = {side: each.cells(chosen) for side, each in maps.items() if each.valid[chosen[0]]}
            parts.append(RowBlock(model, version, half, chosen, times[chosen], instance[chosen], **cells))
        blocks.extend(shared_blocks(parts))
    return blocks


def _owners(rows: pa.RecordBatch) -> _Digests:
    """Digest by row whose it is; no sender can foresee the numbers, and so make two owners look like one."""
    random = np.random.default_rng()
    owners = np.zeros(rows.num_rows, np.uint64)
    for name in _OWNER:
        encoded: Any = rows.column(name).dictionary_encode()
        words = random.integers(2**64, size=len(encoded.dictionary), dtype=np.uint64)
        owners += words[encoded.indices.to_numpy()]
    return owners


class _Maps:
    """One value column of rows."""

    def __init__(self, column: Any) -> None:  # noqa: ANN401
        offsets = column.offsets.to_numpy().astype(np.int64)
        self._first, self._sizes = offsets[:-1] - offsets[0], np.diff(offsets)
        size = int(offsets[-1] - offsets[0])
        keys = column.keys.slice(int(offsets[0]), size).dictionary_encode()
        self._keys = keys.dictionary.to_pylist()
        self._codes = keys.indices.to_numpy()
        numbers, self._texts = column.items.slice(int(offsets[0]), size).flatten()
        self._has_number = numbers.is_valid().to_numpy(zero_copy_only=False)
        self._has_text = self._texts.is_valid().to_numpy(zero_copy_only=False)
        self._numbers = numbers.to_numpy(zero_copy_only=False)
        self.valid = column.is_valid().to_numpy(zero_copy_only=False)
        self.layouts = self._layouts()

    def _layouts(self) -> _Digests:
        random = np.random.default_rng().integers(2**64, size=len(self._keys) + 2, dtype=np.uint64)
        place = (np.arange(len(self._codes)) - np.repeat(self._first, self._sizes)).astype(np.uint64)
        with np.errstate(over="ignore"):
            mixed = (random[self._codes] ^ place) * (random[self._codes] | np.uint64(1))
            sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)))
            digests: _Digests = sums[self._first + self._sizes] - sums[self._first]
        layouts: _Digests = np.where(self.valid, digests + random[-1], random[-2])
        return layouts

    def cells(self, rows: _Places) -> Cells:
        """Return the cells of rows that are all of one layout."""
        first = self._first[rows]
        size = int(self._sizes[rows[0]])
        names = tuple([self._keys[code] for code in self._codes[first[0] : first[0] + size]])
        at = first[:, None] + np.arange(size)
        has_number = self._has_number[at]
        columns: Any = np.flatnonzero(self._has_text[at].any(axis=0))
        texts = {int(column): self._texts.take(pa.array(at[:, column])) for column in columns}
        return Cells(names, self._numbers[at], None if has_number.all() else has_number, texts)

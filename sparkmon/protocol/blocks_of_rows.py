"""Decoded rows, back in blocks: what was kept as a table is summarised as what was just decoded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.block_builder import MAX_LAYOUTS, SIDES
from sparkmon.protocol.loose_cells import LooseRows, pack
from sparkmon.protocol.naming import Naming
from sparkmon.protocol.row_block import Cells, RowBlock

__all__ = ["blocks_of_rows"]

_Places: TypeAlias = npt.NDArray[np.int64]
_Digests: TypeAlias = npt.NDArray[np.uint64]


def blocks_of_rows(rows: pa.RecordBatch) -> list[RowBlock]:
    """Gather decoded rows into blocks.

    Parameters
    ----------
    rows : pyarrow.RecordBatch
        With the columns of the schema ``DECODED`` that a block has; rows without an instance are left out.

    Returns
    -------
    list of RowBlock
        As :func:`decode_events` has them, except that ``event`` is the index of the row in ``rows``.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> from sparkmon.protocol import decode_batch, events_to_batch
    >>> from sparkmon.records import Event
    >>> time = datetime(2026, 11, 23, tzinfo=timezone.utc)
    >>> events = events_to_batch([Event("1", "request", "pod", time, b'{"instances": [[1.5], [2]]}')])
    >>> [block] = blocks_of_rows(decode_batch(events))
    >>> block.features.names, block.features.numbers.tolist(), block.event.tolist()
    (('feature_0',), [[1.5], [2.0]], [0, 1])
    """
    at = np.flatnonzero(rows.column("instance").to_numpy() >= 0)
    if not len(at):
        return []
    return list(_Rows(rows).blocks(at))


class _Rows:
    """Rows, by row and side the digest of the layout, and the values by side."""

    def __init__(self, rows: pa.RecordBatch) -> None:
        self._rows = rows
        self._maps = {side: _Maps(rows.column(side)) for side in SIDES}
        self._times = rows.column("event_time").cast(pa.int64()).to_numpy()
        self._instance = rows.column("instance").to_numpy()
        # No sender can foresee these, and so none can make two layouts or owners look like one.
        random = np.random.default_rng().integers(2**64, size=(3, rows.num_rows), dtype=np.uint64)
        names = ("model", "model_version", "event_type")
        codes = [rows.column(name).dictionary_encode().indices.to_numpy() for name in names]
        self._owners: _Digests = np.sum(
            [each[code] for each, code in zip(random, codes, strict=True)], axis=0, dtype=np.uint64
        )

    def blocks(self, at: _Places) -> Iterator[RowBlock]:
        """Build the blocks of these rows, owner by owner."""
        layouts: _Digests = np.sum(
            [maps.layouts for maps in self._maps.values()], axis=0, dtype=np.uint64
        )
        for rows in _groups(self._owners, at):
            groups = sorted(_groups(layouts, rows), key=lambda group: int(group[0]))
            for group in groups[:MAX_LAYOUTS]:
                sides = {side: maps.cells(group) for side, maps in self._maps.items()}
                yield self._block(group, sides)
            if len(groups) > MAX_LAYOUTS:
                yield from self._loose(np.sort(np.concatenate(groups[MAX_LAYOUTS:])))

    def _loose(self, at: _Places) -> Iterator[RowBlock]:
        valid = {side: maps.valid for side, maps in self._maps.items()}
        sides_of = {int(row): tuple(side for side in SIDES if valid[side][row]) for row in at}
        for sides, rows in groupby(
            sorted(at.tolist(), key=sides_of.__getitem__), sides_of.__getitem__
        ):
            loose = [
                LooseRows(
                    row,
                    0,
                    1,
                    {side: Naming(self._maps[side].names(row)) for side in sides},
                    {side: self._maps[side].values(row) for side in sides},
                )
                for row in rows
            ]
            for part, cells in pack(loose):
                yield self._block(np.array([each.event for each in part]), cells)

    def _block(self, at: _Places, sides: dict[str, Cells | None] | dict[str, Cells]) -> RowBlock:
        model, version, half = (
            self._rows.column(name)[int(at[0])].as_py()
            for name in ("model", "model_version", "event_type")
        )
        return RowBlock(model, version, half, at, self._times[at], self._instance[at], **sides)


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
        place = (np.arange(len(self._codes)) - np.repeat(self._first, self._sizes)).astype(
            np.uint64
        )
        with np.errstate(over="ignore"):
            mixed = (random[self._codes] ^ place) * (random[self._codes] | np.uint64(1))
            sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)))
            digests: _Digests = sums[self._first + self._sizes] - sums[self._first]
        layouts: _Digests = np.where(self.valid, digests + random[-1], random[-2])
        return layouts

    def names(self, row: int) -> tuple[str, ...]:
        first = int(self._first[row])
        return tuple(
            self._keys[code] for code in self._codes[first : first + int(self._sizes[row])]
        )

    def values(self, row: int) -> list[float | str | None]:
        first = int(self._first[row])
        return [
            float(self._numbers[at]) if self._has_number[at] else self._texts[at].as_py()
            for at in range(first, first + int(self._sizes[row]))
        ]

    def cells(self, rows: _Places) -> Cells | None:
        """Return the cells of rows that are all of one layout; None if they are null."""
        if not self.valid[rows[0]]:
            return None
        names = self.names(int(rows[0]))
        at = self._first[rows][:, None] + np.arange(len(names))
        has_number = self._has_number[at]
        columns: Any = np.flatnonzero(self._has_text[at].any(axis=0))
        texts = {int(column): self._texts.take(pa.array(at[:, column])) for column in columns}
        return Cells(names, self._numbers[at], None if has_number.all() else has_number, texts)


def _groups(digests: _Digests, at: _Places) -> list[_Places]:
    """Split rows by their digests, each group in the order of the rows."""
    order = np.argsort(digests[at], kind="stable")
    ends = np.flatnonzero(np.diff(digests[at][order])) + 1
    return np.split(at[order], ends)

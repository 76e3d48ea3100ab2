"""Decoded rows, back in blocks: what was kept as a table is summarised as what was just decoded."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.row_block import SIDES, Cells, RowBlock
from sparkmon.protocol.shared_blocks import shared_blocks, split

_OWNER = ("model", "model_version", "event_type")

_Places: TypeAlias = npt.NDArray[np.int64]
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

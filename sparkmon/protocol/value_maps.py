"""Cells to one of the value columns of decoded rows, such as ``features``: an Arrow map per row, built in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.row_block import Cells
from sparkmon.protocol.schema import VALUES

_Places: TypeAlias = npt.NDArray[np.int64]


def value_maps(parts: Sequence[tuple[_Places, Cells]], count: int) -> pa.MapArray[Any, Any]:
    """Build the column of ``count`` output rows.

    Parameters
    ----------
    parts : sequence
        Cells, and the output rows that they are the values of. Rows without cells are null.
    count : int
        How many output rows there are.

    Examples
    --------
    >>> cells = Cells(("a",), np.array([[1.5]]))
    >>> value_maps([(np.array([1]), cells)], 2).to_pylist()
    [None, [('a', {'number': 1.5, 'text': None})]]
    """
    if not parts:
        return pa.nulls(count, VALUES)
    sizes = np.full(count, -1, np.int64)
    for rows, cells in parts:
        present = cells.present
        sizes[rows] = len(cells.names) if present is None else present.sum(axis=1)
    absent = sizes < 0
    offsets = np.concatenate(([0], np.cumsum(np.where(absent, 0, sizes))))
    table = _Table(int(offsets[-1]))
    for rows, cells in parts:
        table.put(offsets[rows], cells)
    mask = pa.array(absent) if absent.any() else None
    make: Any = pa.MapArray.from_arrays  # the stubs know neither its int32 offsets nor its type
    column: pa.MapArray[Any, Any] = make(
        pa.array(offsets, pa.int32()), *table.arrays(), type=VALUES, mask=mask
    )
    return column


class _Table:
    """The cells of all rows in output order, filled part by part."""

    def __init__(self, size: int) -> None:
        self._numbers = np.zeros(size)
        self._has_number = np.zeros(size, np.bool_)
        self._name_at = np.zeros(size, np.int32)
        self._names: list[str] = []
        self._text_at: list[_Places] = []
        self._texts: list[pa.Array[Any]] = []

    def put(self, first: _Places, cells: Cells) -> None:
        """Put the cells of rows whose first cell is to be at ``first``."""
        shape = cells.numbers.shape
        column = np.broadcast_to(np.arange(shape[1]), shape)
        places = first[:, None] + column
        chosen: Any = ...
        if cells.present is not None:
            chosen = cells.present
            places = first[:, None] + np.cumsum(chosen, axis=1) - 1
        at = places[chosen].ravel()
        self._numbers[at] = cells.numbers[chosen].ravel()
        self._has_number[at] = (
            True if cells.has_number is None else cells.has_number[chosen].ravel()
        )
        self._name_at[at] = column[chosen].ravel() + len(self._names)
        self._names.extend(cells.names)
        for index, texts in cells.texts.items():
            rows = np.flatnonzero(texts.is_valid().to_numpy(zero_copy_only=False))
            self._text_at.append(places[rows, index])
            self._texts.append(texts.drop_null())

    def arrays(self) -> tuple[pa.StringArray, pa.StructArray]:
        """Return the keys and the items of the maps."""
        size = len(self._numbers)
        name_at: Any = pa.array(self._name_at)
        keys = pa.array(self._names, pa.string()).take(name_at)
        numbers = pa.array(self._numbers, mask=~self._has_number)
        texts: pa.Array[Any] = pa.nulls(size, pa.string())
        if self._texts:
            index = np.full(size, -1, np.int64)
            places = np.concatenate(self._text_at)
            index[places] = np.arange(len(places))
            at: Any = pa.array(index, mask=index < 0)
            texts = pa.concat_arrays(self._texts).take(at)
        return keys, pa.StructArray.from_arrays([numbers, texts], fields=list(VALUES.item_type))

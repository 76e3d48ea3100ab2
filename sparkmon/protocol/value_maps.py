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
    """Build the column of ``count`` output rows from cells and the output rows whose values they are.

    Rows without cells are null.
    """
    if not parts:
        return pa.nulls(count, VALUES)
    sizes = np.full(count, -1, np.int64)
    for rows, cells in parts:
        sizes[rows] = len(cells.names) if cells.present is None else cells.present.sum(axis=1)
    absent = sizes < 0
    offsets = np.concatenate(([0], np.cumsum(np.where(absent, 0, sizes))))
    size = int(offsets[-1])
    numbers, has_number = np.zeros(size), np.zeros(size, np.bool_)
    name_at, text_at = np.zeros(size, np.int32), np.full(size, -1, np.int64)
    names: list[str] = []
    texts: list[pa.Array[Any]] = [pa.array([], pa.string())]
    text_count = 0
    for rows, cells in parts:
        shape = cells.numbers.shape
        place_in_row = column_at = np.broadcast_to(np.arange(shape[1]), shape)
        chosen: Any = ...
        if cells.present is not None:
            chosen = cells.present
            place_in_row = np.cumsum(chosen, axis=1) - 1
        places = offsets[rows][:, None] + place_in_row
        at = places[chosen].ravel()
        numbers[at] = cells.numbers[chosen].ravel()
        has_number[at] = cells.is_number()[chosen].ravel()
        name_at[at] = column_at[chosen].ravel() + len(names)
        names += cells.names
        for column, column_texts in cells.texts.items():
            with_text = np.flatnonzero(column_texts.is_valid().to_numpy(zero_copy_only=False))
            text_at[places[with_text, column]] = text_count + np.arange(len(with_text))
            text_count += len(with_text)
            texts.append(column_texts.drop_null())
    indices: list[Any] = [pa.array(name_at), pa.array(text_at, mask=text_at < 0)]
    keys = pa.array(names, pa.string()).take(indices[0])
    items = [pa.array(numbers, mask=~has_number), pa.concat_arrays(texts).take(indices[1])]
    make: Any = pa.MapArray.from_arrays  # the stubs know neither its int32 offsets nor its type
    maps: pa.MapArray[Any, Any] = make(
        pa.array(offsets, pa.int32()),
        keys,
        pa.StructArray.from_arrays(items, fields=list(VALUES.item_type)),
        type=VALUES,
        mask=pa.array(absent) if absent.any() else None,
    )
    return maps

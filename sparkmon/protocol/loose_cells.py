"""Rows of many layouts in few blocks: columns in common, cells that may be absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.protocol.cells import cells_of, settle
from sparkmon.protocol.naming import Naming
from sparkmon.protocol.row_block import Cells
from sparkmon.records import Value

__all__ = ["LooseRows", "pack"]

_FILL = 8
"""A block has at most so many cells for each that is present, and some more."""
_SMALL = 4096


@dataclass(frozen=True, slots=True)
class LooseRows:
    """Rows of one event and layout: its instances ``start`` to ``start + count``, and by side their values."""

    event: int
    start: int
    count: int
    namings: Mapping[str, Naming]
    values: Mapping[str, Sequence[Value]]


def pack(rows: Sequence[LooseRows]) -> Iterator[tuple[list[LooseRows], dict[str, Cells]]]:
    """Pack rows into blocks, in order, as long as most cells of a block are not absent.

    Parameters
    ----------
    rows : sequence of LooseRows
        All of the same sides.

    Yields
    ------
    rows : list of LooseRows
        Those of one block.
    cells : dict
        Their cells by side.

    Examples
    --------
    >>> rows = [LooseRows(i, 0, 1, {"features": Naming((name,))}, {"features": [1.0]}) for i, name in enumerate("ab")]
    >>> [(part, cells)] = pack(rows)
    >>> cells["features"].names, cells["features"].present.tolist()
    (('a', 'b'), [[True, False], [False, True]])
    """
    part: list[LooseRows] = []
    columns: dict[str, dict[str, int]] = {side: {} for side in rows[0].namings}
    count = size = 0
    for each in rows:
        new = sum(map(len, each.values.values()))
        width = sum(
            len(names) + sum(name not in names for name in each.namings[side].names)
            for side, names in columns.items()
        )
        if part and (count + each.count) * width > _FILL * (size + new) + _SMALL:
            yield part, {side: _cells(part, side, names) for side, names in columns.items()}
            part, columns = [], {side: {} for side in columns}
            count = size = 0
        part.append(each)
        count, size = count + each.count, size + new
        for side, names in columns.items():
            for name in each.namings[side].names:
                names.setdefault(name, len(names))
    yield part, {side: _cells(part, side, names) for side, names in columns.items()}


def _cells(part: Sequence[LooseRows], side: str, columns: Mapping[str, int]) -> Cells:
    count, width = sum(each.count for each in part), len(columns)
    values: list[Value] = []
    places: list[int] = []
    first = 0
    for each in part:
        naming, size = each.namings[side], len(each.namings[side].names)
        kinds = naming.kinds or (None,) * size
        values.extend(settle(v, kinds[i % size]) for i, v in enumerate(each.values[side]))
        columns_at = [columns[name] for name in naming.names]
        places.extend(
            chain.from_iterable(
                [row * width + i for i in columns_at] for row in range(first, first + each.count)
            )
        )
        first += each.count
    flat = cells_of(("",), values, len(values))
    at = np.array(places, np.int64)
    numbers = np.full(count * width, np.nan)
    present = np.zeros(count * width, np.bool_)
    numbers[at], present[at] = flat.numbers[:, 0], True
    has_number = present.copy()
    if flat.has_number is not None:
        has_number[at] = flat.has_number[:, 0]
    shape = (count, width)
    texts = _texts(values, places, shape) if flat.texts else {}
    return Cells(
        tuple(columns),
        numbers.reshape(shape),
        has_number.reshape(shape),
        texts,
        present.reshape(shape),
    )


def _texts(
    values: Sequence[Value], places: Sequence[int], shape: tuple[int, int]
) -> dict[int, pa.Array[Any]]:
    columns: dict[int, list[str | None]] = {}
    for value, place in zip(values, places, strict=True):
        if type(value) is str:
            row, column = divmod(place, shape[1])
            columns.setdefault(column, [None] * shape[0])[row] = value
    return {column: pa.array(texts, pa.string()) for column, texts in columns.items()}

"""Rows of a table grouped by some of its columns, as numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_MOST = 2**62


def group_ids(table: pa.Table, names: Sequence[str]) -> Ints:
    """Return the group of each row: 0, 1, ... for the values of some columns, of which null is one.

    >>> group_ids(pa.table({"a": ["x", None, "x", "y"], "b": [1, 1, 1, 1]}), ["a", "b"]).tolist()
    [1, 0, 1, 2]
    """
    ids, count = np.zeros(table.num_rows, np.int64), 1
    for name in names:
        encoded: Any = table[name].combine_chunks().dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        values = len(encoded.dictionary) + 1
        if count * values > _MOST:
            ids, count = _dense(ids), table.num_rows
        ids, count = ids * values + codes + 1, count * values
    return _dense(ids)


def _dense(ids: Ints) -> Ints:
    return np.unique(ids, return_inverse=True)[1].astype(np.int64)


def floats(table: pa.Table, name: str) -> Floats:
    """Return a column of numbers, NaN where it is null."""
    values: Floats = table[name].cast(pa.float64()).to_numpy()
    return values


def objects(column: Any) -> list[Any]:  # noqa: ANN401 - any column
    """Return a column as objects; equal times are one object, and structures dictionaries."""
    if pa.types.is_struct(column.type):
        names = [field.name for field in column.type]
        rows = zip(*map(objects, column.flatten()), strict=True)
        return [dict(zip(names, row, strict=True)) for row in rows]
    if not pa.types.is_timestamp(column.type):
        values: list[Any] = column.to_pylist()
        return values
    encoded = column.dictionary_encode()
    moments = encoded.dictionary.to_pylist()
    return [None if code is None else moments[code] for code in encoded.indices.to_pylist()]


def times(table: pa.Table, name: str) -> Ints:
    """Return a column of times in microseconds, the least number where it is null."""
    column: Any = table[name].cast(pa.int64())
    micros: Ints = column.fill_null(np.iinfo(np.int64).min).to_numpy()
    return micros


def is_any(table: pa.Table, name: str, values: Sequence[str | bool]) -> Flags:
    """Return which rows have one of some values in a column."""
    is_one: Any = pc.is_in(table[name], pa.array(values, table[name].type))
    flags: Flags = is_one.to_numpy()
    return flags


def has(table: pa.Table, statuses: Sequence[str]) -> Flags:
    """Return which findings have one of some statuses."""
    return is_any(table, "status", statuses)


def is_valid(table: pa.Table, name: str) -> Flags:
    """Return which rows are not null in a column."""
    flags: Flags = table[name].is_valid().to_numpy()
    return flags


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:  # noqa: ANN401 - any column
    """Replace a column, or add it at the end."""
    place = table.schema.get_field_index(name)
    if place < 0:
        return table.append_column(name, values)
    return table.set_column(place, table.schema.field(place).with_type(values.type), values)


def replaced(table: pa.Table, name: str, rows: Flags, values: Sequence[str | bool]) -> pa.Table:
    """Replace the values of some rows in a column."""
    column: Any = table[name].combine_chunks()
    both = pc.replace_with_mask(column, pa.array(rows), pa.array(values, column.type))
    return with_column(table, name, both)


def judged_anew(findings: pa.Table, rows: Flags, status: str, clauses: Sequence[str]) -> pa.Table:
    """Give some findings another status, and a clause at the end of their reasons that says why."""
    reasons = findings["reason"].filter(pa.array(rows)).to_pylist()
    both = [f"{reason}; {clause}" for reason, clause in zip(reasons, clauses, strict=True)]
    return replaced(replaced(findings, "status", rows, [status] * len(both)), "reason", rows, both)

"""Rows that an earlier version of sparkmon wrote, as today's have them."""

from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa

from sparkmon.tables.conditions import Condition


class Reader(Protocol):
    """What reads a table."""

    def read(
        self, table: str, columns: Sequence[str] | None = None, where: Sequence[Condition] = ()
    ) -> pa.Table | None:
        """Return the rows that meet all conditions; None if there is no such table, or it lacks a column."""


def completed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the columns of a schema, null where rows lack them.

    >>> completed(pa.table({"a": [1]}), pa.schema([("b", pa.string()), ("a", pa.int64())])).to_pylist()
    [{'b': None, 'a': 1}]
    """
    columns: list[Any] = [
        rows[field.name] if field.name in rows.schema.names else pa.nulls(rows.num_rows, field.type) for field in schema
    ]
    return pa.table(dict(zip(schema.names, columns, strict=True)))


def read_completed(reader: Reader, table: str, schema: pa.Schema, where: Sequence[Condition] = ()) -> pa.Table | None:
    """Read the columns of a schema, null where an earlier version made the table without them; None without a table."""
    rows = reader.read(table, schema.names, where)
    if rows is None:
        rows = reader.read(table, None, where)
    return None if rows is None else completed(rows, schema)

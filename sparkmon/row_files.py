"""Files of a table that workers write, for the driver to commit: the rows never pass through the JVM."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROW_FILE = pa.struct(
    [("path", pa.string()), ("size", pa.int64()), ("stats", pa.string()), ("models", pa.list_(pa.string()))]
)
"""What a worker reports of a file: its name and size, the statistics that Delta keeps of it, and whose rows it has."""

_GROUP = 16_384
_MOST_BUFFERED = 64 * 1024 * 1024
"""Bytes of rows that a task holds before it writes them."""


class RowFiles:
    """The files that one task writes to a table's directory.

    Until a commit names it, a file is no part of the table; what no commit names is removed by maintenance.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._buffered: list[pa.RecordBatch] = []
        self._nbytes = 0
        self._files: list[dict[str, Any]] = []

    def add(self, rows: pa.RecordBatch) -> None:
        """Take rows with ``model`` and ``event_time``."""
        if rows.num_rows:
            self._buffered.append(rows)
            self._nbytes += rows.nbytes
        if self._nbytes > _MOST_BUFFERED:
            self._write()

    def close(self) -> list[dict[str, Any]]:
        """Write what is left; return the files as ``ROW_FILE``."""
        self._write()
        return self._files

    def _write(self) -> None:
        if self._buffered:
            self._files.append(write_row_file(pa.Table.from_batches(self._buffered), self._directory))
        self._buffered, self._nbytes = [], 0


def write_row_file(rows: pa.Table, directory: str) -> dict[str, Any]:
    """Write rows to a new file in a table's directory; return it as ``ROW_FILE``."""
    # Tables are made with columns that may all be null.
    rows = rows.cast(pa.schema([field.with_nullable(True) for field in rows.schema]))
    name = f"part-{uuid.uuid4()}.zstd.parquet"
    os.makedirs(directory, exist_ok=True)
    # Most numbers are of no few values: a dictionary of them would be made in vain.
    texts = [field.name for field in rows.schema if pa.types.is_string(field.type)]
    pq.write_table(
        rows,
        f"{directory}/{name}",
        compression="zstd",
        use_dictionary=[*texts, *(f"{name}.key_value.key" for name in rows.schema.names)],  # type: ignore[arg-type]
        row_group_size=_GROUP,
    )
    return _file(rows, directory, name)


def without_models(file: Mapping[str, Any], directory: str, models: Collection[str]) -> dict[str, Any] | None:
    """Write a file's rows of all other models to a new one; None if there are none."""
    if not {*file["models"]} & {*models}:
        return dict(file)
    rows = pq.read_table(f"{directory}/{file['path']}", partitioning=None)
    others = rows.filter(pc.invert(pc.is_in(rows["model"], pa.array(sorted(models), pa.string()))))
    return write_row_file(others, directory) if others.num_rows else None


def _file(rows: pa.Table, directory: str, name: str) -> dict[str, Any]:
    bounds: dict[str, Any] = {
        column: pc.min_max(rows[column]).as_py() for column in ("model", "event_type", "event_time")
    }
    stats: dict[str, Any] = {
        "numRecords": rows.num_rows,
        "nullCount": {column: rows[column].null_count for column in bounds},
    }
    for kind, end in (("minValues", "min"), ("maxValues", "max")):
        stats[kind] = {column: _as_json(each[end]) for column, each in bounds.items()}
    models = pc.unique(rows["model"]).to_pylist()
    size = os.path.getsize(f"{directory}/{name}")
    return {"path": name, "size": size, "stats": json.dumps(stats), "models": models}


def _as_json(value: Any) -> str:  # noqa: ANN401 - a text or a time
    # Delta cuts times off after the milliseconds, the greatest, too.
    return (
        value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
    )

"""Rows of a Delta table, from its files: only files, row groups and columns that are needed.

The files are read here, one after the other, and not by delta-rs' ``to_pyarrow_table``: that gives Arrow's threads a
file system written in Python, and a process whose threads still close files when the interpreter ends is aborted
("terminate called without an active exception") or hangs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler

from sparkmon.distributions.schema import completed
from sparkmon.errors import StoreError
from sparkmon.tables.conditions import Condition, may_meet, meeting
from sparkmon.tables.table_writer import TableState


class DeltaFiles(TableState):
    """The files of one version of a table."""

    def __init__(self, table: DeltaTable, location: str, options: Mapping[str, str]) -> None:
        if "deletionVectors" in (table.protocol().reader_features or []):
            raise StoreError(
                f"the table {location} has deletion vectors, which delta-rs does not read; "
                "expected none: set delta.enableDeletionVectors to false and run REORG TABLE ... APPLY (PURGE)"
            )
        self.schema = pa.schema(table.schema().to_arrow())  # type: ignore[arg-type]  # arro3's
        self._actions = pa.table(table.get_add_actions(flatten=True))
        self._location, self._options = location, dict(options)
        self._remote: DeltaStorageHandler | None = None

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return self.schema.names

    def read(self, columns: Sequence[str], where: Sequence[Condition]) -> pa.Table:
        """Return the rows that meet the conditions."""
        schema = pa.schema([self.schema.field(name) for name in columns])
        needed = {*columns, *(name for name, _, _ in where)}
        wide = pa.schema([field for field in self.schema if field.name in needed])
        parts = [self._rows_of(path, wide, where).select(columns) for path in self.paths(where)]
        return pa.concat_tables([schema.empty_table(), *parts])

    @property
    def sizes(self) -> list[int]:
        """The files' sizes in bytes."""
        sizes: list[Any] = self._actions["size_bytes"].to_pylist()
        return sizes

    def greatest(self, column: str) -> Any | None:  # noqa: ANN401 - of the column's type
        """Return the greatest value of a column."""
        if (
            f"max.{column}" in self._actions.column_names
            and not self._actions[f"max.{column}"].null_count
        ):
            return pc.max(self._actions[f"max.{column}"]).as_py()
        return pc.max(self.read([column], [])[column]).as_py()

    def paths(self, where: Sequence[Condition]) -> list[str]:
        """Return the files whose statistics allow rows that meet the conditions."""
        is_needed = [True] * self._actions.num_rows
        for name, operator, value in where:
            if f"min.{name}" in self._actions.column_names:
                bounds = zip(self._bounds("min", name), self._bounds("max", name), strict=True)
                for index, (least, greatest) in enumerate(bounds):
                    is_needed[index] &= may_meet(least, greatest, operator, value)
        paths: list[Any] = self._actions["path"].to_pylist()
        return [path for path, needed in zip(paths, is_needed, strict=True) if needed]

    def _bounds(self, bound: str, name: str) -> list[Any]:
        bounds: list[Any] = self._actions[f"{bound}.{name}"].to_pylist()
        return bounds

    def _rows_of(self, path: str, schema: pa.Schema, where: Sequence[Condition]) -> pa.Table:
        with pq.ParquetFile(
            self._open(path), coerce_int96_timestamp_unit="us", pre_buffer=False
        ) as file:
            places = {
                file.metadata.schema.column(i).path: i for i in range(file.metadata.num_columns)
            }
            conditions = [(places.get(name), operator, value) for name, operator, value in where]
            groups = [
                group
                for group in range(file.num_row_groups)
                if all(
                    _group_may_meet(file.metadata.row_group(group), *each) for each in conditions
                )
            ]
            names = [name for name in schema.names if name in file.schema_arrow.names]
            rows = file.read_row_groups(groups, columns=names, use_threads=False)
        return meeting(_complete(rows, schema), where)

    def _open(self, path: str) -> Any:  # noqa: ANN401 - a path or an Arrow file
        if "://" not in self._location:
            return f"{self._location}/{path}"
        if self._remote is None:
            self._remote = DeltaStorageHandler(self._location, self._options)
        return self._remote.open_input_file(path)


def _group_may_meet(group: Any, place: int | None, operator: str, value: object) -> bool:  # noqa: ANN401
    statistics = None if place is None else group.column(place).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return may_meet(statistics.min, statistics.max, operator, value)


def _complete(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        completed(rows[field.name].combine_chunks(), field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)

"""Rows of a Delta table, from its files: only files, row groups and columns that are needed.

The files are read here, one after the other, and not by delta-rs' ``to_pyarrow_table``: that gives Arrow's threads a
file system written in Python, and a process whose threads still close files when the interpreter ends is aborted
("terminate called without an active exception") or hangs. Its query engine takes 0.1 CPU-s to plan a read of 400 files.
"""

from collections.abc import Iterable, Mapping, Sequence
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
        self.version = table.version()
        self.schema = pa.schema(table.schema().to_arrow())  # type: ignore[arg-type]  # arro3's
        self.names = self.schema.names
        # pa.table() would import pandas, which takes longer than all else that lists alerts.
        actions = pa.RecordBatchReader.from_stream(table.get_add_actions(flatten=True)).read_all()
        self._actions = {name: actions[name] for name in actions.column_names}
        self.sizes: list[Any] = actions["size_bytes"].to_pylist()
        """The files' sizes in bytes."""
        self._location, self._options = location, dict(options)
        self._remote: DeltaStorageHandler | None = None

    def read(self, columns: Sequence[str], where: Sequence[Condition]) -> pa.Table:
        """See :meth:`TableState.read`."""
        schema = pa.schema([self.schema.field(name) for name in columns])
        needed = {*columns, *(name for name, _, _ in where)}
        wide = pa.schema([field for field in self.schema if field.name in needed])
        parts = [self._rows_of(path, wide, where).select(columns) for path in self._paths(where)]
        return pa.concat_tables([schema.empty_table(), *parts])

    def greatest(self, column: str) -> Any | None:  # noqa: ANN401 - of the column's type
        """See :meth:`TableState.greatest`."""
        values = self._actions.get(f"max.{column}")
        if values is None or values.null_count:
            values = self.read([column], [])[column]
        return pc.max(values).as_py()

    def _paths(self, where: Sequence[Condition]) -> list[str]:
        """Return the files whose statistics allow rows that meet the conditions."""
        paths: list[Any] = self._actions["path"].to_pylist()
        needed: Iterable[int] = range(len(paths))
        for name, operator, value in where:
            if f"min.{name}" in self._actions:
                least, greatest = (self._actions[f"{bound}.{name}"].to_pylist() for bound in ("min", "max"))
                needed = [at for at in needed if may_meet(least[at], greatest[at], operator, value)]
        return [paths[at] for at in needed]

    def _rows_of(self, path: str, schema: pa.Schema, where: Sequence[Condition]) -> pa.Table:
        with pq.ParquetFile(self._open(path), coerce_int96_timestamp_unit="us", pre_buffer=False) as file:
            places = {file.metadata.schema.column(i).path: i for i in range(file.metadata.num_columns)}
            conditions = [(places.get(name), operator, value) for name, operator, value in where]
            groups = [
                group
                for group in range(file.num_row_groups)
                if all(_group_may_meet(file.metadata.row_group(group), *each) for each in conditions)
            ]
            present = {*file.schema_arrow.names}
            names = [name for name in schema.names if name in present]
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

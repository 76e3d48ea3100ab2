"""Tables in a catalog, or wherever else only Spark reaches, written and read by Delta's Spark connector."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import Column, DataFrame, SparkSession, functions as F

from sparkmon.compat import condition_of, from_arrow, to_arrow
from sparkmon.tables.conditions import COMPARE, Condition
from sparkmon.tables.table_writer import (
    FEWEST_FILES,
    REPLACEMENT,
    Maintained,
    TableState,
    TableWriter,
    nullable,
    properties_of,
    transaction,
)

_ABSENT = {
    *("DELTA_TABLE_NOT_FOUND", "PATH_NOT_FOUND", "TABLE_OR_VIEW_NOT_FOUND"),
    "UNSUPPORTED_DATASOURCE_FOR_DIRECT_QUERY",  # Spark 3.5 says so of a path without a table
}
_NO_HISTORY = {*_ABSENT, "DELTA_TABLE_ONLY_OPERATION"}
_CONCURRENT = (
    *("DELTA_PROTOCOL_CHANGED", "DELTA_METADATA_CHANGED", "TABLE_OR_VIEW_ALREADY_EXISTS"),
    *("DELTA_CONCURRENT_TRANSACTION", "DELTA_CONCURRENT_DELETE_DELETE", "DELTA_CONCURRENT_APPEND"),
)
_LISTING_TASKS = "spark.sql.sources.parallelPartitionDiscovery.parallelism"
_TRIES = 5
_LOOK_BACK = 1000
"""Commits in which the last batch of a writer is sought."""


def save(frame: DataFrame, name: str, options: Mapping[str, Any], *, mode: str = "append") -> None:
    """Write a frame to a table, as SQL names it; again if another writer has made or widened it meanwhile."""
    for attempt in range(_TRIES):
        # A later version of sparkmon may write further columns.
        writer = frame.write.format("delta").mode(mode).option("mergeSchema", "true")
        for option, value in options.items():
            writer = writer.option(option, value)
        try:
            if name.startswith("delta.`"):
                writer.save(name[len("delta.`") : -1])
            else:
                writer.saveAsTable(name)
            return
        except PySparkException as error:
            is_concurrent = any(condition in str(error) for condition in _CONCURRENT)
            if not is_concurrent or attempt == _TRIES - 1:
                raise


def existing(spark: SparkSession, name: str) -> DataFrame | None:
    """Return a table, as SQL names it; None if there is none."""
    try:
        frame = spark.table(name)
        _ = frame.columns  # Spark Connect resolves the table only now
    except AnalysisException as error:
        if condition_of(error) in _ABSENT:
            return None
        raise
    return frame


def transaction_options(app_id: str, batch: int) -> dict[str, Any]:
    """Return the options of Spark that record a batch in its commit."""
    return {"txnAppId": app_id, "txnVersion": batch, "userMetadata": f"{app_id}@{batch}"}


class _SparkTable(TableState):
    """A table as Spark sees it."""

    def __init__(self, frame: DataFrame) -> None:
        self._frame, self.names = frame, frame.columns

    def read(self, columns: Sequence[str], where: Sequence[Condition]) -> pa.Table:
        """See :meth:`TableState.read`."""
        frame = self._frame
        for each in where:
            frame = frame.where(_column(*each))
        return to_arrow(frame.select(*(F.col(f"`{name}`") for name in columns)))

    def greatest(self, column: str) -> Any | None:  # noqa: ANN401 - of the column's type
        """See :meth:`TableState.greatest`."""
        return to_arrow(self._frame.agg(F.max(column).alias("greatest")))["greatest"][0].as_py()


class SparkWriter(TableWriter):
    """Writes and reads tables with Spark: each append and each read is some Spark jobs.

    Delta refuses a batch that is on record, and Spark does not say so. So each commit has its batch in
    ``userMetadata``, too, and the last 1,000 commits are searched for a writer's last batch, once per process.
    """

    def __init__(self, spark: SparkSession, location: str, name_of: Callable[[str], str]) -> None:
        self.location, self._spark, self._name_of = location, spark, name_of
        self._batches: dict[str, int | None] = {}

    def append(self, rows: pa.Table, table: str, *, writer: str | None = None, batch_id: int | None = None) -> bool:
        """See :meth:`TableWriter.append`."""
        if writer is None or batch_id is None:
            self._save(rows, table, {})
            return True
        app_id = transaction(table, writer)
        if app_id not in self._batches:
            self.prepare(table, rows.schema)  # the commit that makes a catalog's table does not keep its batch
            self._batches[app_id] = self._last(table, app_id)
        last = self._batches[app_id]
        if last is not None and batch_id <= last:
            return False
        self._save(rows, table, transaction_options(app_id, batch_id))
        self._batches[app_id] = batch_id
        return True

    def version(self, table: str) -> int | None:
        """See :meth:`TableWriter.version`."""
        versions: list[Any] = self._history(table, 1)["version"].to_pylist()
        return versions[0] if versions else None

    def replace(self, table: str, rows: pa.Table, version: int | None) -> bool:
        """See :meth:`TableWriter.replace`."""
        app_id = transaction(table, REPLACEMENT)
        last = self._last(table, app_id)
        if self.version(table) != version:
            return False
        # Delta drops this commit if another one with this number came between.
        options = transaction_options(app_id, 0 if last is None else last + 1)
        mark = f"{options['userMetadata']}@{uuid.uuid4().hex}"
        self._save(rows, table, options | {"userMetadata": mark}, mode="overwrite")
        return mark in self._metadata(table)

    def maintain(self, table: str, expired: Sequence[Condition] = (), *, dry_run: bool = False) -> Maintained | None:
        """See :meth:`TableWriter.maintain`; files of catalogs are not counted before they are removed."""
        frame = self._frame(table)
        if frame is None:
            return None
        name, is_expired = self._name_of(table), " AND ".join(_sql(*each) for each in expired)
        expired_rows = frame.where(is_expired).count() if expired else 0
        detail = to_arrow(self._spark.sql(f"DESCRIBE DETAIL {name}").select("numFiles"))
        files = int(detail["numFiles"][0].as_py())
        if dry_run:
            return Maintained(table, expired_rows, files, files if files >= FEWEST_FILES else 0, 0)
        if expired_rows:
            self._spark.sql(f"DELETE FROM {name} WHERE {is_expired}")
        compacted = 0
        if files >= FEWEST_FILES:
            removed = self._spark.sql(f"OPTIMIZE {name}").select("metrics.numFilesRemoved")
            compacted = int(to_arrow(removed)["numFilesRemoved"][0].as_py())
        with _few_listing_tasks(self._spark):
            self._spark.sql(f"VACUUM {name}")
        return Maintained(table, expired_rows, files, compacted, 0)

    def _save(self, rows: pa.Table, table: str, options: Mapping[str, Any], *, mode: str = "append") -> None:
        rows = nullable(rows)
        frame = from_arrow(self._spark, rows)
        properties = {} if self._frame(table) is not None else properties_of(rows.schema)
        save(frame.coalesce(1), self._name_of(table), {**properties, **options}, mode=mode)

    def _state(self, table: str) -> _SparkTable | None:
        frame = self._frame(table)
        return None if frame is None else _SparkTable(frame)

    def _frame(self, table: str) -> DataFrame | None:
        return existing(self._spark, self._name_of(table))

    def _last(self, table: str, app_id: str) -> int | None:
        batches = (each.split("@") for each in self._metadata(table) if "@" in each)
        return max((int(batch) for name, batch, *_ in batches if name == app_id), default=None)

    def _metadata(self, table: str) -> list[str]:
        """Return what the last commits have in ``userMetadata``."""
        rows = self._history(table, _LOOK_BACK).column("userMetadata").drop_null()
        return [str(each) for each in rows.to_pylist()]

    def _history(self, table: str, length: int) -> pa.Table:
        """Return the last commits; none if there is no table."""
        try:
            history = self._spark.sql(f"DESCRIBE HISTORY {self._name_of(table)} LIMIT {length}")
            return to_arrow(history.select("version", "userMetadata"))
        except AnalysisException as error:
            if condition_of(error) in _NO_HISTORY:
                return pa.table({"version": [], "userMetadata": []})
            raise


@contextmanager
def _few_listing_tasks(spark: SparkSession) -> Iterator[None]:
    """Let VACUUM list a table, which is one directory, in few tasks: by default they are 10,000, which take minutes."""
    default = str(spark.conf.get(_LISTING_TASKS))
    spark.conf.set(_LISTING_TASKS, "8")
    try:
        yield
    finally:
        spark.conf.set(_LISTING_TASKS, default)


def _column(name: str, operator: str, value: Any) -> Column:  # noqa: ANN401 - of the column's type
    column = F.col(f"`{name}`")
    if operator == "not null":
        return column.isNotNull()
    condition: Column = column.isin(*value) if operator == "in" else COMPARE[operator](column, value)
    return condition


def _sql(name: str, operator: str, value: datetime) -> str:
    return f"`{name}` {operator} TIMESTAMP '{value.isoformat()}'"

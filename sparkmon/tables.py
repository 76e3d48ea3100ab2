"""The Delta tables that a monitor writes: in a directory or in a catalog schema, each batch exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from sparkmon.errors import OptionError

__all__ = ["Tables"]

_ABSENT = {"DELTA_TABLE_NOT_FOUND", "PATH_NOT_FOUND", "TABLE_OR_VIEW_NOT_FOUND"}
_CONCURRENT = ("DELTA_PROTOCOL_CHANGED", "DELTA_METADATA_CHANGED", "TABLE_OR_VIEW_ALREADY_EXISTS")
_TRIES = 5


class Tables:
    """Named Delta tables side by side.

    Parameters
    ----------
    location : str
        A directory (anything with a ``/``: a path or a URL), or else the name of a catalog schema.

    Examples
    --------
    >>> Tables("/data/monitoring").name_of("alerts")
    'delta.`/data/monitoring/alerts`'
    >>> Tables("main.monitoring").name_of("alerts")
    'main.monitoring.alerts'
    """

    def __init__(self, location: str) -> None:
        if not location or "`" in location:
            raise OptionError.malformed("tables", location, "a directory or a catalog schema")
        self.location = location.rstrip("/")
        self._is_path = "/" in location

    def __repr__(self) -> str:
        return f"Tables({self.location!r})"

    def name_of(self, table: str) -> str:
        """Return how SQL names a table."""
        if self._is_path:
            return f"delta.`{self.location}/{table}`"
        return f"{self.location}.{table}"

    def append(self, frame: DataFrame, table: str, *, writer: str, batch_id: int) -> None:
        """Append a batch, unless this writer has appended it before.

        Parameters
        ----------
        frame : DataFrame
            The batch.
        table : str
            The table's name; it is made with the first batch.
        writer : str
            Who writes: the id of the streaming query, which lives as long as its checkpoint.
        batch_id : int
            The batch's number, counting up per writer.

        Notes
        -----
        *Idempotence*: Delta records the writer's last batch in the same commit as the rows and skips what is not
        newer, so that a batch replayed after a crash adds nothing.
        """
        named = frame.write.option("txnAppId", f"{writer}/{table}").option("txnVersion", batch_id)
        self._save(named, table)

    def add(self, frame: DataFrame, table: str) -> None:
        """Append rows that are not of a query's batch; the first ones make the table."""
        self._save(frame.write, table)

    def record(self, frame: DataFrame, table: str) -> None:
        """Append rows to a table that keeps the order of its commits, for :meth:`recorded`."""
        self._save(frame.write.option("delta.enableRowTracking", "true"), table)

    def recorded(self, spark: SparkSession, table: str) -> DataFrame | None:
        """Return the recorded rows in the order of their commits; None if there are none."""
        rows = self.find_all(spark, table, [])
        return None if rows is None else rows.orderBy("_metadata.row_commit_version")

    def _save(self, rows: DataFrameWriter, table: str) -> None:
        for _ in range(_TRIES - 1):
            try:
                return self._save_once(rows, table)
            except PySparkException as error:
                # Another writer has made or widened the table at this moment: now it exists.
                if not any(condition in str(error) for condition in _CONCURRENT):
                    raise
        return self._save_once(rows, table)

    def _save_once(self, rows: DataFrameWriter, table: str) -> None:
        # A later version of sparkmon may write further columns.
        chosen = rows.format("delta").mode("append").option("mergeSchema", "true")
        if self._is_path:
            chosen.save(f"{self.location}/{table}")
        else:
            chosen.saveAsTable(self.name_of(table))

    def prepare(self, spark: SparkSession, table: str, schema: StructType) -> None:
        """Make a table, or add the columns that it lacks, before several queries write to it at once."""
        try:
            columns = {*self.read(spark, table).columns}
        except AnalysisException as error:
            if error.getCondition() not in _ABSENT:
                raise
            columns = set()
        if not {*schema.names} <= columns:
            self._save(spark.createDataFrame([], schema).write, table)

    def read(self, spark: SparkSession, table: str) -> DataFrame:
        """Return a table as a DataFrame."""
        return spark.table(self.name_of(table))

    def find(
        self, spark: SparkSession, table: str, names: Sequence[str], start: datetime, end: datetime
    ) -> DataFrame | None:
        """Return the rows of windows that began at or after ``start`` and ended before ``end``.

        None if there is no table yet, or if an earlier version of sparkmon wrote it without one of the columns
        ``names``.
        """
        frame = self.find_all(spark, table, names)
        if frame is None:
            return None
        first, last = F.col("window_start"), F.col("window_end")
        return frame.where((first >= F.lit(start)) & (last < F.lit(end)))

    def find_all(self, spark: SparkSession, table: str, names: Sequence[str]) -> DataFrame | None:
        """Return all rows; None as for :meth:`find`."""
        try:
            frame = self.read(spark, table)
            columns = frame.columns  # Spark Connect resolves the table only now
        except AnalysisException as error:
            if error.getCondition() in _ABSENT:
                return None
            raise
        return frame if {*names} <= {*columns} else None

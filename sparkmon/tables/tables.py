"""The place of the Delta tables that a monitor writes: a directory, a URL or a catalog schema."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.tables.table_writer import TableWriter, transaction

# The room is one of those that need no pyspark.
DataFrame: TypeAlias = Any
SparkSession: TypeAlias = Any
StructType: TypeAlias = Any

_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*)://", re.I)
_DELTA_RS_SCHEMES = {"abfs", "abfss", "adl", "az", "azure", "file", "gs", "s3", "s3a"}
_NO_SUCH_PATH = "sparkmon-asks-where-this-is"


class Tables:
    """Named Delta tables side by side.

    Parameters
    ----------
    location : str
        A directory (anything with a ``/``: a path or a URL), or else the name of a catalog schema. A relative path is
        one of the working directory.
    storage_options : mapping of str to str, optional
        Options of an object store for `delta-rs <https://delta-io.github.io/delta-rs>`_, such as
        ``AWS_ENDPOINT_URL``, next to those of the environment. Spark has its own settings.

    Examples
    --------
    >>> Tables("/data/monitoring").name_of("alerts")
    'delta.`/data/monitoring/alerts`'
    >>> Tables("main.monitoring").name_of("alerts")
    'main.monitoring.alerts'
    """

    def __init__(self, location: str, storage_options: Mapping[str, str] | None = None) -> None:
        if not location or "`" in location:
            raise OptionError.malformed("tables", location, "a directory or a catalog schema")
        self._is_path = "/" in location
        # Delta reads the tables of absolute paths only; dbfs:/data is one.
        is_relative = self._is_path and not location.startswith("/") and ":" not in location.partition("/")[0]
        self.location = str(Path.cwd() / location) if is_relative else location.rstrip("/")
        self._options = dict(storage_options or {})

    def __repr__(self) -> str:
        return f"Tables({self.location!r})"

    def open(self, spark: SparkSession | None = None) -> TableWriter:
        """Open the tables to read and write them as Arrow tables.

        A session is for tables that only Spark reaches: a catalog's, or those on a file system that is not delta-rs'
        (such as ``dbfs:`` and ``hdfs:``), or any where deltalake is not installed. Without one, these are an
        OptionError, or MissingExtraError if deltalake would reach them.
        """
        is_reachable = self._is_path and self._reaches_delta_rs(spark)
        if is_reachable and find_spec("deltalake") is not None:
            from sparkmon.tables.delta_rs_writer import DeltaRsWriter

            return DeltaRsWriter(self.location, self._options)
        if spark is None and is_reachable:
            raise MissingExtraError.of("deltalake", "delta")
        if spark is None:
            raise OptionError(
                f"got the tables {self.location!r} and no Spark session; expected a session, "
                "or a directory or a URL of s3, gs, abfss or file"
            )
        from sparkmon.tables.spark_writer import SparkWriter

        return SparkWriter(spark, self.location, self.name_of)

    def _reaches_delta_rs(self, spark: SparkSession | None) -> bool:
        scheme = _SCHEME.match(self.location)
        if scheme is not None:
            return scheme[1].lower() in _DELTA_RS_SCHEMES
        return spark is None or _is_local(spark, self.location)

    def name_of(self, table: str) -> str:
        """Return how SQL names a table."""
        if self._is_path:
            return f"delta.`{self.location}/{table}`"
        return f"{self.location}.{table}"

    def append(self, frame: DataFrame, table: str, *, writer: str, batch_id: int) -> None:
        """Append a batch, unless this writer has appended it or a later one; Delta records the last with the rows."""
        from sparkmon.tables.spark_writer import save, transaction_options

        options = transaction_options(transaction(table, writer), batch_id)
        save(frame, self.name_of(table), options)

    def read(self, spark: SparkSession, table: str) -> DataFrame:
        """Return a table as a DataFrame."""
        return spark.table(self.name_of(table))

    def find_all(self, spark: SparkSession, table: str, names: Sequence[str]) -> DataFrame | None:
        """Return all rows; None if there is no table yet, or if it lacks one of the columns ``names``."""
        from sparkmon.tables.spark_writer import existing

        frame = existing(spark, self.name_of(table))
        return frame if frame is not None and {*names} <= {*frame.columns} else None


# A start opens its tables several times, and Spark's answer takes a tenth of a CPU second.
@lru_cache(maxsize=1)
def _is_local(spark: SparkSession, path: str) -> bool:
    """Return whether a path without a scheme is on this machine's disk for Spark, too.

    It is not on Databricks, where a cluster's default file system is HDFS or S3, and with Spark Connect.
    """
    from pyspark.errors import AnalysisException
    from pyspark.sql.utils import is_remote

    if is_remote():
        return False
    try:
        spark.read.text(f"{path}/{_NO_SUCH_PATH}")
    except AnalysisException as error:
        return str((error.getMessageParameters() or {}).get("path", "")).startswith("file:")
    return False

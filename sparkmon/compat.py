"""What some of the supported versions of Spark lack, done another way: the only place that knows them apart.

Features are looked for, not version numbers, because platforms add features of later versions to theirs; but for what
is too old as a whole.
"""

import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyspark
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession, functions as F
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import StructType

from sparkmon.errors import OptionError, SparkmonError

HAS_DATA_SOURCES = find_spec("pyspark.sql.datasource") is not None
"""Whether data sources may be written in Python: Spark 4.0."""

HAS_READ_LIMITS = find_spec("pyspark.sql.streaming.datasource") is not None
"""Whether such a source may limit a micro-batch: Spark 4.2."""

HAS_KLL = hasattr(F, "kll_merge_agg_double")
"""Whether Spark aggregates KLL sketches: Spark 4.1."""

_HAS_ARROW = hasattr(DataFrame, "toArrow")


def check_version(version: str) -> None:
    """Raise SparkmonError if a version of Spark is too old; warn if nobody has run sparkmon on it yet.

    >>> check_version("3.4.4")
    Traceback (most recent call last):
    ...
    sparkmon.errors.SparkmonError: [SPARKMON_ERROR] got Spark 3.4.4; expected Spark 3.5 or newer (docs/versions.md)
    """
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if numbers < (3, 5):
        raise SparkmonError(f"got Spark {version}; expected Spark 3.5 or newer (docs/versions.md)")
    if numbers >= (5, 0):
        warnings.warn(f"sparkmon has not been run on Spark {version}, but on 3.5 to 4.3", stacklevel=2)


check_version(pyspark.__version__)
if not _HAS_ARROW and find_spec("distutils") is None:
    raise SparkmonError(
        "Spark 3.5 needs distutils, which Python 3.12 and newer lack; run Python 3.10 or 3.11, or install setuptools"
    )


def check_session(spark: SparkSession) -> None:
    """Raise OptionError if the session lacks what nothing else can do: Spark Connect gives no Arrow tables in 3.5."""
    if not _HAS_ARROW and is_remote(spark):
        raise OptionError(
            f"got a session of Spark Connect on Spark {spark.version}; expected a classic one, or Spark 4.0 or newer"
        )


def is_remote(spark: SparkSession) -> bool:
    """Return whether a session is one of Spark Connect: it has neither a ``sparkContext`` nor a JVM here.

    >>> is_remote(spark)
    False
    """
    return type(spark).__module__.startswith("pyspark.sql.connect")


def to_arrow(frame: DataFrame) -> pa.Table:
    """Collect a DataFrame as an Arrow table, as ``DataFrame.toArrow`` of Spark 4 does.

    >>> to_arrow(spark.range(3)).to_pydict()
    {'id': [0, 1, 2]}
    """
    if _HAS_ARROW:
        return frame.toArrow()
    batches: list[pa.RecordBatch] = frame._collect_as_arrow()  # type: ignore[operator]  # of Spark 3.5
    return pa.Table.from_batches(batches) if batches else to_arrow_schema(frame.schema).empty_table()


def from_arrow(spark: SparkSession, table: pa.Table, schema: StructType | None = None) -> DataFrame:
    """Return an Arrow table as a DataFrame, as ``createDataFrame`` of Spark 4 does.

    >>> import pyarrow as pa
    >>> from_arrow(spark, pa.table({"x": [1.5, None]})).collect()
    [Row(x=1.5), Row(x=None)]
    """
    schema = schema or from_arrow_schema(table.schema)
    if _HAS_ARROW:
        return spark.createDataFrame(table, schema)
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for each in batch.column(0):
                yield from pa.ipc.open_stream(each.as_py())

    rows = spark.createDataFrame([(stream.getvalue().to_pybytes(),)], "arrow binary")
    return rows.mapInArrow(read, schema)


def map_groups(frame: DataFrame, key: str, function: Callable[[pa.Table], pa.Table], schema: StructType) -> DataFrame:
    """Map the rows of each value of a column, as ``groupBy(key).applyInArrow`` of Spark 4 does."""

    def by_group(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for group in groups_of(batches, key):
            yield from function(group).to_batches()

    return frame.repartition(key).sortWithinPartitions(key).mapInArrow(by_group, schema)


def groups_of(batches: Iterable[pa.RecordBatch], key: str) -> Iterator[pa.Table]:
    """Give consecutive rows of one value of a column as a table.

    >>> import pyarrow as pa
    >>> batches = [pa.record_batch({"k": ["a", "b"], "n": [1, 2]}), pa.record_batch({"k": ["b"], "n": [3]})]
    >>> [table["n"].to_pylist() for table in groups_of(batches, "k")]
    [[1], [2, 3]]
    """
    group: list[pa.RecordBatch] = []
    value: Any = None
    for batch in batches:
        runs: Any = pc.call_function("run_end_encode", [batch.column(key)])
        start = 0
        for next_value, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            if group and next_value != value:
                yield pa.Table.from_batches(group)
                group = []
            group.append(batch.slice(start, end - start))
            value, start = next_value, end
    if group:
        yield pa.Table.from_batches(group)


def try_cast(column: Column, data_type: str) -> Column:
    """Cast a column; null where a value is none of the type.

    Spark 3.5 has it for SQL alone. Its ``cast`` does the same, except with ``spark.sql.ansi.enabled``: it then fails.
    """
    return column.try_cast(data_type) if hasattr(Column, "try_cast") else column.cast(data_type)


def condition_of(error: PySparkException) -> str | None:
    """Return the condition of an error, which Spark 3.5 calls its class."""
    condition: str | None = getattr(error, "getCondition", error.getErrorClass)()
    return condition


def report_of(progress: Any) -> dict[str, Any]:  # noqa: ANN401 - what the version has
    """Return the progress of a query's batch as Spark reports it, which Spark 3.5 gives parsed."""
    report: dict[str, Any] = json.loads(progress.json) if hasattr(progress, "json") else progress
    return report

"""A stream of Spark that does next to nothing with a data source in Python: what no monitor can start below."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.types import StructType

__all__ = ["start_empty_stream"]


class _OneRow(DataSourceStreamReader):
    """A log of one row, which is there from the start."""

    def initialOffset(self) -> dict[str, int]:  # noqa: N802 (Spark's name)
        """Return the place before the row."""
        return {"rows": 0}

    def latestOffset(self) -> dict[str, int]:  # type: ignore[override]  # noqa: N802
        """Return the place after it."""
        return {"rows": 1}

    def partitions(self, start: dict[str, int], end: dict[str, int]) -> list[InputPartition]:
        """Return one partition."""
        return [InputPartition(0)]

    def read(self, partition: InputPartition) -> Iterator[tuple[int]]:
        """Yield the row."""
        yield (1,)


class _OneRowSource(DataSource):
    @classmethod
    def name(cls) -> str:
        """Return what the format is called."""
        return "one_row"

    def schema(self) -> str:
        """Return its only column."""
        return "number int"

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: N802
        """Return the reader of its stream."""
        return _OneRow()


def start_empty_stream(spark: SparkSession, checkpoints: Path) -> StreamingQuery:
    """Start it as a monitor is started: a source in Python, one function over Arrow batches, one function per batch."""
    spark.dataSource.register(_OneRowSource)
    rows = spark.readStream.format("one_row").load().mapInArrow(_unchanged, "number int")
    query = rows.writeStream.foreachBatch(_take).option("checkpointLocation", str(checkpoints)).start()
    query.processAllAvailable()
    return query


def _unchanged(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return batches


def _take(batch: DataFrame, _: int) -> None:
    batch.toArrow()

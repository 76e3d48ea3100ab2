"""Streams run to the end of what is there, and tables made without a Spark job."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from sparkmon.protocol import events_to_batch
from sparkmon.records import Event

__all__ = ["drained", "events_frame"]


def drained(frame: DataFrame, work: Path) -> DataFrame:
    """Run a stream over all there is now, on from the checkpoint in ``work``; give all it ever put out."""
    query = (
        frame.writeStream.format("parquet")
        .option("checkpointLocation", str(work / "checkpoint"))
        .trigger(availableNow=True)
        .start(str(work / "out"))
    )
    try:
        assert query.awaitTermination(600)
    finally:
        query.stop()
    return frame.sparkSession.read.schema(frame.schema).parquet(str(work / "out"))


def events_frame(spark: SparkSession, events: Sequence[Event]) -> DataFrame:
    """Make a batch DataFrame of events."""
    return spark.createDataFrame(pa.Table.from_batches([events_to_batch(events)]))

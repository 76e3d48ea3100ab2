"""A stream written batch by batch, each under the id of its query, so that a replayed batch adds nothing."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.monitor.failures import shortened

WriteBatch: TypeAlias = Callable[[DataFrame, str, int], None]
"""Writes one batch: the rows, the query's id, and the batch's number."""


def start_stream(frame: DataFrame, checkpoint: str, write: WriteBatch, trigger: timedelta | None) -> StreamingQuery:
    """Start a query that passes its batches to ``write``."""
    query_id = ""

    def each(batch: DataFrame, batch_id: int) -> None:
        nonlocal query_id
        try:
            query_id = query_id or _query_id(batch.sparkSession, checkpoint)
            write(batch, query_id, batch_id)
        except Exception as error:  # goes on, with a message that Spark can bear
            raise shortened(error) from None

    stream = frame.writeStream.option("checkpointLocation", checkpoint).foreachBatch(each)
    if trigger is None:
        return stream.trigger(availableNow=True).start()
    seconds = trigger.total_seconds()
    return stream.trigger(processingTime=f"{seconds} seconds").start()


def find_query_id(spark: SparkSession, checkpoint: str) -> str | None:
    """Return the id of a query, or None if its checkpoint does not exist yet."""
    try:
        return _query_id(spark, checkpoint)
    except AnalysisException as error:
        if error.getCondition() == "PATH_NOT_FOUND":
            return None
        raise


def _query_id(spark: SparkSession, checkpoint: str) -> str:
    """Return the id that Spark gave a query when it made the checkpoint."""
    line = spark.read.text(f"{checkpoint}/metadata").collect()[0]["value"]
    return str(json.loads(line)["id"])

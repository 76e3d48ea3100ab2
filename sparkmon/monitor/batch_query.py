"""A stream written batch by batch, each under the id of its query, so that a replayed batch adds nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

__all__ = ["OutputMode", "WriteBatch", "await_sources", "find_query_id", "persisted", "start_query"]

_POLL_S = 0.02

OutputMode: TypeAlias = Literal["append", "update"]

WriteBatch: TypeAlias = Callable[[DataFrame, str, int], None]
"""Writes one batch: the rows, the writer's id, and the batch's number."""


def start_query(
    frame: DataFrame,
    checkpoint: str,
    write: WriteBatch,
    *,
    available_now: bool,
    mode: OutputMode = "append",
) -> StreamingQuery:
    """Start a query that passes its batches to ``write``.

    Parameters
    ----------
    frame : DataFrame
        Streaming.
    checkpoint : str
        The directory of this query's progress, whose id is the writer's name.
    write : callable
        See :data:`WriteBatch`.
    available_now : bool
        Whether to end once everything that is available now is processed.
    mode : {"append", "update"}
        Whether a window is emitted once it has closed, or in every batch that adds to it.
    """
    writer = ""

    def each(batch: DataFrame, batch_id: int) -> None:
        nonlocal writer
        writer = writer or _query_id(batch.sparkSession, checkpoint)
        write(batch, writer, batch_id)

    stream = (
        frame.writeStream.outputMode(mode)
        .option("checkpointLocation", checkpoint)
        .foreachBatch(each)
    )
    return (stream.trigger(availableNow=True) if available_now else stream).start()


def await_sources(query: StreamingQuery) -> None:
    """Block until a query has opened its sources, or has ended.

    Notes
    -----
    All streams of a Python data source share one map of environment variables, to which Spark adds when it opens one
    (``PythonStreamingSourceRunner.init`` in 4.2). If two open at once, before any other, they can break the map, and
    then every task of theirs ends with ``java.io.OptionalDataException``.
    """
    while query.isActive and query.status["message"].startswith("Initializing"):
        time.sleep(_POLL_S)


@contextmanager
def persisted(frame: DataFrame) -> Iterator[DataFrame]:
    """Keep the rows of a frame in memory while it is in use."""
    try:
        yield frame.persist()
    finally:
        frame.unpersist()


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

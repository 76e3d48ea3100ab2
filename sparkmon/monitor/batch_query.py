"""A stream written batch by batch, each batch under the name of its query: what makes a replay add nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from pyspark.sql import DataFrame
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.watch import query_id

__all__ = ["OutputMode", "WriteBatch", "await_sources", "start_query"]

_POLL_S = 0.02

OutputMode: TypeAlias = Literal["append", "update"]

WriteBatch: TypeAlias = Callable[[DataFrame, str, int], None]
"""Writes one batch: the rows, who writes, and the batch's number."""


def start_query(
    frame: DataFrame,
    checkpoint: str,
    write: WriteBatch,
    *,
    available_now: bool,
    mode: OutputMode = "append",
) -> StreamingQuery:
    """Start a query that hands its batches to ``write``.

    Parameters
    ----------
    frame : DataFrame
        Streaming.
    checkpoint : str
        The directory of this query's progress, whose id is the writer's name.
    write : callable
        See :data:`WriteBatch`.
    available_now : bool
        Whether to end once what is there now is processed.
    mode : {"append", "update"}
        Whether a window is handed on once it has closed, or with every batch that adds to it.
    """
    known: list[str] = []

    def each(batch: DataFrame, batch_id: int) -> None:
        if not known:
            known.append(query_id(batch.sparkSession, checkpoint))
        write(batch, known[0], batch_id)

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
    (``PythonStreamingSourceRunner.init`` in 4.2). Two that do so at once, and before any other, can break the map, and
    then every task of theirs ends with ``java.io.OptionalDataException``.
    """
    while query.isActive and query.status["message"].startswith("Initializing"):
        time.sleep(_POLL_S)

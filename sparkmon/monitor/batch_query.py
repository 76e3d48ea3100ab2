"""A stream written batch by batch, each batch under the name of its query: what makes a replay add nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from pyspark.sql import DataFrame
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.watch import query_id

__all__ = ["OutputMode", "WriteBatch", "start_query"]

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

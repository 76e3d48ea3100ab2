"""The queries of a running monitor, and what they tell of themselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.alerts import AlertDesk
from sparkmon.health import Watchdog

__all__ = ["Companion", "Watch", "known_query_id", "query_id"]


class Companion(Protocol):
    """What runs beside the queries, on the driver."""

    def stop(self) -> None:
        """Stop it, and block until it has stopped."""


@dataclass(frozen=True)
class Watch:
    """The running queries of a monitor."""

    profiles: StreamingQuery
    """Closes windows; writes ``profiles``, ``drift_metrics`` and ``alerts``."""
    dead_letters: StreamingQuery | None
    """Writes ``dead_letters``; None where rows are watched that were decoded elsewhere."""
    provisional: StreamingQuery | None = None
    """Tells of gross drift in windows that are still open; None where that is not asked for."""
    companions: Sequence[Companion] = ()
    """Such as what sends heartbeats while the stream is silent."""
    flush: Callable[[], None] | None = None
    """Closes what the queries have left open, once they have ended."""
    delivery: AlertDesk | None = None
    """Delivers what the queries decide to tell."""
    watchdog: Watchdog | None = None
    """Tells how the monitor is; one of the companions."""

    @property
    def queries(self) -> tuple[StreamingQuery, ...]:
        """All of them."""
        known = (self.profiles, self.dead_letters, self.provisional)
        return tuple(query for query in known if query is not None)

    def wait(self) -> None:
        """Block until the queries end and all is flushed that shall be; raise what ended them if it was an error."""
        try:
            # In turns, so that the failure of either is told while the other runs on.
            while not all([query.awaitTermination(1) for query in self.queries]):
                pass
            if self.flush is not None:
                self.flush()
        finally:
            for companion in self.companions:
                companion.stop()
            if self.delivery is not None:
                self.delivery.close(drain=True)

    def finish(self) -> None:
        """Block until all that is there now has been processed, and what there is to tell has been told."""
        for query in self.queries:
            query.processAllAvailable()
        if self.delivery is not None:
            self.delivery.drain()

    def late_events(self) -> int:
        """Return how many events have come too late for their window since the start."""
        if self.watchdog is None:
            return 0
        return self.watchdog.look().queries["profiles"].late

    def stop(self) -> None:
        """Stop the queries; started again on the same tables, they go on where they were."""
        for companion in self.companions:
            companion.stop()
        for query in self.queries:
            query.stop()
        if self.delivery is not None:
            self.delivery.close()


def known_query_id(spark: SparkSession, checkpoint: str) -> str | None:
    """Return the id of a query, or None where its checkpoint has not been made yet."""
    try:
        return query_id(spark, checkpoint)
    except AnalysisException as error:
        if error.getCondition() == "PATH_NOT_FOUND":
            return None
        raise


def query_id(spark: SparkSession, checkpoint: str) -> str:
    """Return the id that Spark gave a query when its checkpoint was made."""
    line = spark.read.text(f"{checkpoint}/metadata").collect()[0]["value"]
    return str(json.loads(line)["id"])

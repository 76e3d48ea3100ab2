"""The queries of a running monitor, and what they tell of themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.alerts import AlertManager
from sparkmon.errors import CheckpointError, SparkmonError
from sparkmon.health import Watchdog

__all__ = ["TAKE_OVER", "Companion", "Watch", "failure_of", "known_query_id", "query_id"]

TAKE_OVER = (
    "restore it from a copy, or take a new directory of checkpoints and start with --take-over (take_over=True): the "
    "log is read again, and what is in the tables is not written again"
)
"""What to do where progress is lost."""

_STATE = re.compile(r"CANNOT_LOAD_STATE_STORE|MISSING_STATE_DIRECTORY")
_NO_ROOM = "No space left on device"
_FILE = re.compile(r"[^\s'\"(]*/state/\d+[^\s'\"),;]*")


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
    delivery: AlertManager | None = None
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
            while not self.ended(1):
                pass
            if self.flush is not None:
                self.flush()
        finally:
            for companion in self.companions:
                companion.stop()
            if self.delivery is not None:
                self.delivery.close(drain=True)

    def ended(self, seconds: int) -> bool:
        """Wait so long for each query, and tell whether all have ended; raise what ended one if it was an error."""
        # In turns, so that the failure of either is told while the other runs on.
        try:
            return all([query.awaitTermination(seconds) for query in self.queries])
        except PySparkException as error:
            failure = failure_of(error)
            if failure is None:
                raise
            raise failure from error

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
            # That a query has failed has just been put to be told, and may be the last that is.
            self.delivery.close(drain=any(query.exception() for query in self.queries))


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


def failure_of(error: PySparkException) -> SparkmonError | None:
    """Say what ended a query where a person has to mend it: a disk that is full, or lost state of open windows.

    Parameters
    ----------
    error : PySparkException
        What ended it.

    Returns
    -------
    SparkmonError or None
        What to do, in a sentence; None where the query ended of something else.
    """
    text = str(error)
    if _NO_ROOM in text:
        return SparkmonError(
            "no space is left on the disk of the tables, of the checkpoints, or of Spark's own files; make room and "
            "start again: it goes on where it was"
        )
    if not _STATE.search(text):
        return None
    file = _FILE.search(text)
    what = f"{file[0]}, or a file beside it," if file else "a file below state in the checkpoint"
    return CheckpointError(f"{what} is damaged or missing, which holds open windows; {TAKE_OVER}")

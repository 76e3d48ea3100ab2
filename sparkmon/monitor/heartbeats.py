"""Heartbeats: they advance the watermark while a stream is idle, so that its last window closes."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.errors import CheckpointError
from sparkmon.interval import EPOCH
from sparkmon.monitor.idle_tracker import Clock, QueryProgress

__all__ = ["Heartbeats"]

_LOGGER = logging.getLogger(__name__)
_ABSENT = "PATH_NOT_FOUND"
_CLOSES = "stateStoreSave"
"""Spark's operator that keeps open windows."""


class Heartbeats:
    """The heartbeats of one query: small files that Spark writes and reads, next to the query's checkpoint.

    Parameters
    ----------
    spark : SparkSession
        Writes and reads them, so that any file system does.
    checkpoint : str
        The directory of the query's progress.
    clock : Clock
        The windows.

    Notes
    -----
    A heartbeat moves the watermark after its own batch, so that events read in that batch are not late. The next batch
    closes the windows; it has no data and runs unless ``spark.sql.streaming.noDataMicroBatches.enabled`` is off.
    """

    def __init__(self, spark: SparkSession, checkpoint: str, clock: Clock) -> None:
        parent, _, name = checkpoint.rpartition("/")
        self._spark, self._checkpoint = spark, checkpoint
        self._place = f"/heartbeats/{name}"
        self._path = f"{parent}{self._place}"
        self.clock = clock

    def are_possible(self) -> bool:
        """Whether the query can have heartbeats: it is new, or has had them from its beginning.

        Spark refuses to go on from a checkpoint with another number of sources; a checkpoint without heartbeats is
        logged as a warning.

        Raises
        ------
        CheckpointError
            The query is new, and heartbeats of an earlier one exist, which would close windows too early.
        """
        try:
            offsets = self._spark.read.text(f"{self._checkpoint}/offsets", wholetext=True).first()
        except AnalysisException as error:
            if error.getCondition() == _ABSENT:
                self._refuse_earlier()
                return True
            raise
        # A version, a line about the batch, and a line for each source.
        if offsets is None or len(offsets["value"].strip().split("\n")) > 3:
            return True
        _LOGGER.warning(
            "%s was made without heartbeats: the last window of an idle stream stays open until events come",
            self._checkpoint,
        )
        return False

    def _refuse_earlier(self) -> None:
        try:
            earlier = self._spark.read.schema("event_time timestamp").parquet(self._path)
            if earlier.isEmpty():
                return
        except AnalysisException as error:
            if error.getCondition() == _ABSENT:
                return
            raise
        raise CheckpointError(
            f"{self._path} has heartbeats of an earlier query, and {self._checkpoint} is new; remove both, or "
            "take a new directory of checkpoints: these heartbeats would close windows before their events are read"
        )

    def read_stream(self, *, probe: bool) -> DataFrame:
        """Open the stream of heartbeats.

        Parameters
        ----------
        probe : bool
            Whether the query runs a batch in any case, so that it reports its progress.
        """
        if probe:
            self._write(self._nothing())
        try:
            return self._read()
        except AnalysisException as error:
            if error.getCondition() != _ABSENT:
                raise
            self._write(self._nothing())
            return self._read()

    def send(self, watermark: datetime) -> None:
        """Advance the query's watermark."""
        micros = (watermark + self.clock.delay - EPOCH) // timedelta(microseconds=1)
        self._write(self._spark.range(micros, micros + 1, 1, 1))

    def progress(self, query: StreamingQuery, after: int = -1) -> tuple[int, QueryProgress]:
        """Read the query's progress.

        Parameters
        ----------
        query : StreamingQuery
            The query.
        after : int
            The number of the last batch that was read before.

        Returns
        -------
        int
            The number of its last batch.
        QueryProgress
            Of the batches after that one.
        """
        # The status first: Spark reports a batch before the query is idle again.
        busy = bool(query.status["isDataAvailable"])
        progress = query.lastProgress
        if progress is None:
            return after, QueryProgress(False, busy, None, 0)
        last = json.loads(progress.json)
        fresh = [last]
        if last["batchId"] > after + 1:
            fresh = [json.loads(each.json) for each in query.recentProgress]
        had_events = any(self._had_events(each) for each in fresh if each["batchId"] > after)
        behind = any(_is_behind(source) for source in self._sources(last))
        applied = _time(last["eventTime"]["watermark"])
        watermark = self._watermark(last)
        # With a new watermark comes one more batch, which closes what it can.
        busy = busy or behind or watermark > applied
        return last["batchId"], QueryProgress(had_events, busy, watermark, _open_groups(last))

    def _had_events(self, progress: Mapping[str, Any]) -> bool:
        """Whether a batch had events that move the watermark: those of other components do not."""
        read = sum(source["numInputRows"] for source in self._sources(progress))
        return read > 0 and "max" in progress["eventTime"]

    def _watermark(self, progress: Mapping[str, Any]) -> datetime:
        """Return the watermark after a batch: that of its newest event applies from the next batch on."""
        times = progress["eventTime"]
        applied = _time(times["watermark"])
        return max(applied, _time(times["max"]) - self.clock.delay) if "max" in times else applied

    def close_all(self, query: StreamingQuery) -> bool:
        """Send the heartbeat that closes all open windows of a query that has ended; False if there are none."""
        _, progress = self.progress(query)
        if progress.watermark is None or not progress.open_groups:
            return False
        self.send(self.clock.all_closed(progress.watermark))
        return True

    def _sources(self, progress: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        own = f"{self._place}]"
        return [each for each in progress["sources"] if not each["description"].endswith(own)]

    def _nothing(self) -> DataFrame:
        return self._spark.range(0, 0, 1, 1)

    def _read(self) -> DataFrame:
        reader = self._spark.readStream.schema("event_time timestamp")
        heartbeats = reader.option("cleanSource", "delete").parquet(self._path)
        _ = heartbeats.columns  # Spark Connect resolves the path only now
        return heartbeats

    def _write(self, micros: DataFrame) -> None:
        heartbeats = micros.select(F.timestamp_micros("id").alias("event_time"))
        heartbeats.write.mode("append").parquet(self._path)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _open_groups(progress: Mapping[str, Any]) -> int:
    operators = progress["stateOperators"]
    return sum(each["numRowsTotal"] for each in operators if each["operatorName"] == _CLOSES)


def _is_behind(source: Mapping[str, Any]) -> bool:
    """Whether a source has more than was read, if it reports that."""
    latest = source.get("latestOffset")
    return latest is not None and latest != source.get("endOffset")

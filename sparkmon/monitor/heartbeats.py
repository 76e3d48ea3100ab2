"""Heartbeats: what tells a query the time while its stream is silent, so that the last window closes."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.errors import CheckpointError
from sparkmon.monitor.silence import Clock, Look

__all__ = ["Heartbeats"]

_LOGGER = logging.getLogger(__name__)
_ABSENT = "PATH_NOT_FOUND"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_CLOSES = "stateStoreSave"
"""What Spark calls the operator that holds open windows."""


class Heartbeats:
    """The heartbeats of one query: small files that Spark writes and reads, beside the query's checkpoint.

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
    A heartbeat moves the watermark after the batch that it is in, so that what is there to be read at that moment is
    not late. The batch that then closes windows is one without data, as Spark runs it unless it is told not to
    (``spark.sql.streaming.noDataMicroBatches.enabled``).
    """

    def __init__(self, spark: SparkSession, checkpoint: str, clock: Clock) -> None:
        parent, _, name = checkpoint.rpartition("/")
        self._spark, self._checkpoint = spark, checkpoint
        self._place = f"/heartbeats/{name}"
        self._path = f"{parent}{self._place}"
        self.clock = clock

    def fit(self) -> bool:
        """Tell whether the query can have them: it is new, or has had them from its beginning.

        Spark refuses to go on from a checkpoint with another number of sources; a warning is logged where one has
        none for heartbeats.

        Raises
        ------
        CheckpointError
            The query is new, and there are heartbeats of an earlier one, which would close windows too early.
        """
        try:
            kept = self._spark.read.text(f"{self._checkpoint}/offsets", wholetext=True).first()
        except AnalysisException as error:
            if error.getCondition() == _ABSENT:
                self._refuse_earlier()
                return True
            raise
        # A version, a line about the batch, and a line for each source.
        if kept is None or len(kept["value"].strip().split("\n")) > 3:
            return True
        _LOGGER.warning(
            "%s was made without heartbeats: the last window of a silent stream stays open until events come",
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
            "take a new directory of checkpoints, for these would close windows before their events are read"
        )

    def stream(self, *, probe: bool) -> DataFrame:
        """Open the stream of them.

        Parameters
        ----------
        probe : bool
            Whether the query shall run a batch in any case, and so tell of itself.
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

    def move(self, watermark: datetime) -> None:
        """Move the query's watermark."""
        micros = (watermark + self.clock.delay - _EPOCH) // timedelta(microseconds=1)
        self._write(self._spark.range(micros, micros + 1, 1, 1))

    def look(self, query: StreamingQuery, after: int = -1) -> tuple[int, Look]:
        """Ask the query about itself.

        Parameters
        ----------
        query : StreamingQuery
            The query.
        after : int
            The number of the last batch that is known of.

        Returns
        -------
        int
            The number of its last batch.
        Look
            Whether events came in batches after that known one, and so on.
        """
        # The status first: a batch is told of before the query is at rest again.
        busy = bool(query.status["isDataAvailable"])
        progress = query.lastProgress
        if progress is None:
            return after, Look(False, busy, None, 0)
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
        return last["batchId"], Look(had_events, busy, watermark, _open_groups(last))

    def _had_events(self, progress: Mapping[str, Any]) -> bool:
        """Tell whether a batch had events that move the watermark: not all that are read are watched."""
        read = sum(source["numInputRows"] for source in self._sources(progress))
        return read > 0 and "max" in progress["eventTime"]

    def _watermark(self, progress: Mapping[str, Any]) -> datetime:
        """Return the watermark after a batch: that of its newest event applies from the next one on."""
        told = progress["eventTime"]
        applied = _time(told["watermark"])
        return max(applied, _time(told["max"]) - self.clock.delay) if "max" in told else applied

    def close_all(self, query: StreamingQuery) -> bool:
        """Send the heartbeat that closes all that a query which has ended left open; False if there is nothing."""
        _, look = self.look(query)
        if look.watermark is None or not look.open_groups:
            return False
        self.move(self.clock.all_closed(look.watermark))
        return True

    def _sources(self, progress: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        own = f"{self._place}]"
        return [each for each in progress["sources"] if not each["description"].endswith(own)]

    def _nothing(self) -> DataFrame:
        return self._spark.range(0, 0, 1, 1)

    def _read(self) -> DataFrame:
        reader = self._spark.readStream.schema("event_time timestamp")
        beats = reader.option("cleanSource", "delete").parquet(self._path)
        _ = beats.columns  # a session of Spark Connect asks only now
        return beats

    def _write(self, micros: DataFrame) -> None:
        beats = micros.select(F.timestamp_micros("id").alias("event_time"))
        beats.write.mode("append").parquet(self._path)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _open_groups(progress: Mapping[str, Any]) -> int:
    operators = progress["stateOperators"]
    return sum(each["numRowsTotal"] for each in operators if each["operatorName"] == _CLOSES)


def _is_behind(source: Mapping[str, Any]) -> bool:
    """Tell whether a source has more than was taken of it, where it says so."""
    latest = source.get("latestOffset")
    return latest is not None and latest != source.get("endOffset")

"""A batch of events that could not be decoded, kept with their bytes, each once."""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.health import Tally
from sparkmon.monitor.reach import EPOCH
from sparkmon.schemas import DEAD_LETTERS
from sparkmon.tables import Tables

__all__ = ["DeadLetters"]

_NAME = "dead_letters"
_EVENT = [
    *("event_id", "event_type", "source", "namespace", "model", "component", "event_time"),
    "payload",
]
"""What tells an event: broken ones may lack any of it, but not the same bytes at the same microsecond."""


class DeadLetters:
    """Writes what could not be decoded.

    Parameters
    ----------
    tables : Tables
        Where ``dead_letters`` is.
    tally : Tally
        Counts them.

    Notes
    -----
    What is in the table is not written again, whoever wrote it: neither an event that was delivered twice, nor all of
    them where a log is read again from its beginning.
    """

    def __init__(self, tables: Tables, tally: Tally) -> None:
        self._tables, self.tally = tables, tally

    def write(self, letters: DataFrame, writer: str, batch_id: int) -> None:
        """Write a batch; see :data:`sparkmon.monitor.batch_query.WriteBatch`."""
        letters = letters.dropDuplicates(_EVENT).persist()
        try:
            time = F.unix_micros("event_time")
            counts = letters.groupBy("condition").agg(F.min(time), F.max(time), F.count("*"))
            found_now = counts.collect()
            if not found_now:
                return
            first, last = min(row[1] for row in found_now), max(row[2] for row in found_now)
            found = self._tables.find_all(letters.sparkSession, _NAME, DEAD_LETTERS.names)
            new = letters
            if found is not None:
                # Delta then reads the files of that time alone.
                start, end = (EPOCH + timedelta(microseconds=micros) for micros in (first, last))
                near = F.col("event_time").between(F.lit(start), F.lit(end))
                new = letters.join(found.where(near).select(*_EVENT), _EVENT, "left_anti")
            ordered = new.select(*DEAD_LETTERS.names)
            self._tables.append(ordered, _NAME, writer=writer, batch_id=batch_id)
            self.tally.count_dead_letters({row[0]: row[3] for row in found_now})
        finally:
            letters.unpersist()

"""A batch of events that could not be decoded, kept with their bytes, each once."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.health import Counters, Counts
from sparkmon.interval import from_micros
from sparkmon.schemas import DEAD_LETTERS
from sparkmon.tables import Tables

_NAME = "dead_letters"
_EVENT = [
    *("event_id", "event_type", "source", "namespace", "model", "component", "event_time"),
    "payload",
]
"""Identifies an event: a broken one may lack any of these, but no two have the same bytes in the same microsecond."""


class DeadLetters:
    """Writes the events that could not be decoded.

    Notes
    -----
    What is in the table is not written again, by any query: neither an event that was delivered twice, nor all of
    them when a log is read again from its beginning.
    """

    def __init__(self, tables: Tables, counters: Counters) -> None:
        self._tables, self._counters = tables, counters

    def write(self, dead_letters: DataFrame, writer: str, batch_id: int) -> None:
        """Write a batch; see :data:`sparkmon.monitor.stream.WriteBatch`."""
        new = dead_letters.dropDuplicates(_EVENT)
        time = F.unix_micros("event_time")
        counts = new.groupBy("condition").agg(F.min(time), F.max(time), F.count("*")).collect()
        micros = min(row[1] for row in counts), max(row[2] for row in counts)
        ordered = self._unwritten(new, *micros).select(*DEAD_LETTERS.names)
        self._tables.append(ordered, _NAME, writer=writer, batch_id=batch_id)
        self._counters.add(Counts(dead_letters={row[0]: row[3] for row in counts}))

    def _unwritten(self, dead_letters: DataFrame, first: int, last: int) -> DataFrame:
        """Leave out the events that the table has, all of them between two times."""
        table = self._tables.find_all(dead_letters.sparkSession, _NAME, DEAD_LETTERS.names)
        if table is None:
            return dead_letters
        # Delta then reads the files of that time only.
        start, end = (from_micros(micros) for micros in (first, last))
        near = F.col("event_time").between(F.lit(start), F.lit(end))
        return dead_letters.join(table.where(near).select(*_EVENT), _EVENT, "left_anti")

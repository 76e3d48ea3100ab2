"""A batch of events that could not be decoded, kept with their bytes, each once."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.health import Counts
from sparkmon.interval import from_micros
from sparkmon.schemas import DEAD_LETTERS
from sparkmon.tables import Tables

_NAME = "dead_letters"
_EVENT = [*("event_id", "event_type", "source", "namespace", "model", "component", "event_time"), "payload"]
"""Identifies an event: a broken one may lack any of these, but no two have the same bytes in the same microsecond."""


def write_dead_letters(tables: Tables, dead_letters: DataFrame, writer: str, batch_id: int) -> Counts:
    """Write and count the events of a batch that could not be decoded.

    What is in the table is not written again, by any query: neither an event that was delivered twice, nor all of
    them when a log is read again from its beginning.
    """
    new, time = dead_letters.dropDuplicates(_EVENT), F.unix_micros("event_time")
    counts = new.groupBy("condition").agg(F.min(time), F.max(time), F.count("*")).collect()
    table = tables.find_all(dead_letters.sparkSession, _NAME, DEAD_LETTERS.names)
    if table is not None:
        # Between two times: Delta then reads the files of that time only.
        first, last = min(row[1] for row in counts), max(row[2] for row in counts)
        near = F.col("event_time").between(F.lit(from_micros(first)), F.lit(from_micros(last)))
        new = new.join(table.where(near).select(*_EVENT), _EVENT, "left_anti")
    tables.append(new.select(*DEAD_LETTERS.names), _NAME, writer=writer, batch_id=batch_id)
    return Counts(dead_letters={row[0]: row[3] for row in counts})

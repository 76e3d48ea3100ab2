"""A batch of events that could not be decoded, kept with their bytes."""

from __future__ import annotations

from pyspark.sql import DataFrame

from sparkmon.health import Tally
from sparkmon.tables import Tables

__all__ = ["DeadLetters"]


class DeadLetters:
    """Writes what could not be decoded.

    Parameters
    ----------
    tables : Tables
        Where ``dead_letters`` is.
    tally : Tally
        Counts them.
    """

    def __init__(self, tables: Tables, tally: Tally) -> None:
        self._tables, self.tally = tables, tally

    def write(self, letters: DataFrame, writer: str, batch_id: int) -> None:
        """Write a batch; see :data:`sparkmon.monitor.batch_query.WriteBatch`."""
        letters.persist()
        try:
            counted = letters.groupBy("condition").count().collect()
            if counted:
                self._tables.append(letters, "dead_letters", writer=writer, batch_id=batch_id)
                self.tally.count_dead_letters({row[0]: row[1] for row in counted})
        finally:
            letters.unpersist()

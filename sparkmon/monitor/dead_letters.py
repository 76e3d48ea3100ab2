"""A batch of events that could not be decoded, kept with their bytes."""

from __future__ import annotations

from pyspark.sql import DataFrame

from sparkmon.tables import Tables

__all__ = ["DeadLetters"]


class DeadLetters:
    """Writes what could not be decoded.

    Parameters
    ----------
    tables : Tables
        Where ``dead_letters`` is.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def write(self, letters: DataFrame, writer: str, batch_id: int) -> None:
        """Write a batch; see :data:`sparkmon.monitor.batch_query.WriteBatch`."""
        letters.persist()
        try:
            if not letters.isEmpty():
                self._tables.append(letters, "dead_letters", writer=writer, batch_id=batch_id)
        finally:
            letters.unpersist()

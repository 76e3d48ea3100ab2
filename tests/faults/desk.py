"""Monitors inside the tests' own Spark, for faults that need no process to die."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.monitor import Monitor, MonitorQuery
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.store import LocalStore

__all__ = ["Desk"]


@dataclass
class Desk:
    """One set of tables, and monitors that write to it."""

    spark: SparkSession
    references: Path
    path: Path

    @property
    def tables(self) -> Path:
        return self.path / "tables"

    def log(self, spool: str, *batches: Sequence[Event]) -> None:
        with SpoolWriter(self.path / spool) as writer:
            for events in batches:
                writer.append(events_to_batch(events))

    def watch(
        self, spool: str, checkpoints: str, *, flush: bool = True, take_over: bool = False, most: int = 1000
    ) -> int:
        """Watch a spool to its end, and give how many rows were late."""
        query = self.start(spool, checkpoints, available_now=True, flush=flush, take_over=take_over, most=most)
        try:
            query.awaitTermination()
        finally:
            query.stop()
        return query.late_rows

    def start(
        self,
        spool: str,
        checkpoints: str,
        *,
        available_now: bool = False,
        flush: bool = False,
        take_over: bool = False,
        most: int = 1000,
    ) -> MonitorQuery:
        """Begin to watch a spool."""
        stream = self.spark.readStream.format("kserve").option("maxEventsPerTrigger", most)
        events = stream.load(f"{self.path}/{spool}")
        monitor = Monitor(
            LocalStore(self.references),
            f"{self.tables}",
            checks=Checks(("psi", "type_rate")),
            alerting=Alerting(()),
            trigger="100 milliseconds",
        )
        place = f"{self.path}/{checkpoints}"
        return monitor.start(events, place, available_now=available_now, flush=flush, take_over=take_over)

"""Rows that come too late for their window are counted, not dropped in silence."""

from pathlib import Path

from pyspark.sql import SparkSession

from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.monitor import Monitor, Windows
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.traffic import clock, v1_event


def test_rows_that_come_after_their_window_has_closed_are_counted(spark: SparkSession, tmp_path: Path) -> None:
    register(spark)
    store = LocalStore(tmp_path / "store")
    table = spark.range(1_000).selectExpr("id AS amount")
    store.write_reference(reference_of(table, "shop").toArrow())
    monitor = Monitor(store, f"{tmp_path}/tables", windows=Windows("1 hour", delay="10 minutes"))

    def late(events: list[Event]) -> int:
        with SpoolWriter(tmp_path / "spool") as spool:
            spool.append(events_to_batch(events))
        stream = spark.readStream.format("kserve").load(f"{tmp_path}/spool")
        query = monitor.start(stream, f"{tmp_path}/checkpoints", available_now=True)
        query.awaitTermination()
        return query.late_rows

    assert late([v1_event("shop", 5, [[1.0]]), clock(120)]) == 0
    # The first window has closed; the second is open, although 01:49 is more than the delay behind 02:00.
    assert late([v1_event("shop", minute, [[2.0]]) for minute in (20, 109, 111)]) == 1
    counted = monitor.tables.read(spark, "profiles").where("column_kind = 'feature'")
    counted = counted.selectExpr("sum(profile.count) AS rows")
    assert counted.first() == (1,)

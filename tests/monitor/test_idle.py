"""A silent model closes its last window: in its own time, once, and never before what is still to be read."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks
from sparkmon.errors import OptionError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.monitor import Monitor, MonitorQuery, Windows
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.traffic import v1_event

LONG_AGO = datetime(2013, 7, 1, 8, tzinfo=timezone.utc)
PATIENCE_S = 300


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    register(spark)
    made = LocalStore(tmp_path_factory.mktemp("store"))
    table = spark.range(1_000).selectExpr("id AS amount")
    made.write_reference(reference_of(table, "shop").toArrow())
    return made


def monitor_in(store: LocalStore, work: Path, idle: str | None = "1 second") -> Monitor:
    return Monitor(
        store,
        f"{work}/tables",
        windows=Windows("2 seconds", delay="4 seconds", idle=idle),
        checks=Checks(("ks",)),
        alerting=Alerting(()),
        trigger="100 milliseconds",
    )


def at(seconds: float, model: str = "shop") -> Event:
    time = LONG_AGO + timedelta(seconds=seconds)
    return replace(v1_event(model, 0, [[1.0]]), event_time=time)


def log(work: Path, *events: Event) -> None:
    with SpoolWriter(work / "spool") as spool:
        spool.append(events_to_batch(events))


def stream(spark: SparkSession, work: Path, **options: str) -> DataFrame:
    return spark.readStream.format("kserve").options(**options).load(f"{work}/spool")


def closed(monitor: Monitor, model: str = "shop") -> dict[float, int]:
    """Count the rows of each window of a model that has closed, by its start; one that closed twice fails."""
    read = monitor.tables.open(None).read("profiles", None, [("model", "=", model)])
    rows = [] if read is None else [row for row in read.to_pylist() if row["column_kind"] == "feature"]
    starts = [(row["window_start"] - LONG_AGO).total_seconds() for row in rows]
    assert len({*starts}) == len(starts)
    return dict(zip(starts, (row["profile"]["count"] for row in rows), strict=True))


def wait_for(expected: dict[float, int], monitor: Monitor, model: str = "shop") -> None:
    until = time.monotonic() + PATIENCE_S
    while closed(monitor, model) != expected and time.monotonic() < until:
        time.sleep(0.1)
    assert closed(monitor, model) == expected


@contextmanager
def watching(monitor: Monitor, events: DataFrame, work: Path) -> Iterator[MonitorQuery]:
    query = monitor.start(events, f"{work}/checkpoints")
    try:
        yield query
    finally:
        query.stop()


def test_the_last_window_of_an_old_log_closes_in_its_own_time(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    monitor = monitor_in(store, tmp_path)
    log(tmp_path, at(0.5), at(1.5), at(-1.5), at(3600.5, "ahead"))
    with watching(monitor, stream(spark, tmp_path, maxEventsPerTrigger="1"), tmp_path) as query:
        wait_for({-2: 1, 0: 2}, monitor)
        wait_for({3600: 1}, monitor, "ahead")
        # The clock went on from 2013, so that what comes next is not late, nor what is out of order within the delay.
        log(tmp_path, at(120), at(117))
        wait_for({-2: 1, 0: 2, 116: 1, 120: 1}, monitor)
        assert query.late_rows == 0


def test_a_window_that_was_open_when_it_stopped_closes_once(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    log(tmp_path, at(0.5))
    # Without an idle time it stays open, however long one waits.
    with watching(monitor_in(store, tmp_path, idle=None), stream(spark, tmp_path), tmp_path) as query:
        query.processAllAvailable()
        time.sleep(6)
    monitor = monitor_in(store, tmp_path)
    assert closed(monitor) == {}
    for _ in range(2):
        with watching(monitor, stream(spark, tmp_path), tmp_path) as query:
            wait_for({0: 1}, monitor)
            query.processAllAvailable()


def test_what_waits_to_be_read_is_never_late(spark: SparkSession, store: LocalStore, tmp_path: Path) -> None:
    monitor = monitor_in(store, tmp_path, idle="0 seconds")
    times = (5.9, 1.95, 3.5, 2.5, 5.5, 4.5, 2.1, 3.1)
    for seconds in times:
        log(tmp_path, at(seconds))
    with watching(monitor, stream(spark, tmp_path, maxEventsPerTrigger="1"), tmp_path) as query:
        wait_for({0: 1, 2: 4, 4: 3}, monitor)
        assert query.late_rows == 0


def test_flush_closes_the_last_window_and_moves_no_further(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    monitor = monitor_in(store, tmp_path)

    def run(flush: bool) -> dict[float, int]:
        events = stream(spark, tmp_path)
        monitor.start(events, f"{tmp_path}/checkpoints", available_now=True, flush=flush).awaitTermination()
        return closed(monitor)

    log(tmp_path, at(0.5), at(9))
    assert run(flush=False) == {0: 1}
    assert run(flush=True) == {0: 1, 8: 1}  # although nothing is there to be read
    log(tmp_path, at(10.001))
    query = monitor.start(stream(spark, tmp_path), f"{tmp_path}/checkpoints")
    query.processAllAvailable()
    query.stop(flush=True)
    assert closed(monitor) == {0: 1, 8: 1, 10: 1}
    with pytest.raises(OptionError, match="got flush for a stream that goes on"):
        monitor.start(stream(spark, tmp_path), f"{tmp_path}/checkpoints", flush=True)

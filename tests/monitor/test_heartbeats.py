"""A silent stream closes its last window: in its own time, once, and never before what is still to be read."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks
from sparkmon.errors import CheckpointError, OptionError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.monitor import Monitor, MonitorQuery, Windows
from sparkmon.monitor.heartbeats import Heartbeats
from sparkmon.monitor.idle_tracker import Clock
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
    )


def at(seconds: float) -> Event:
    time = LONG_AGO + timedelta(seconds=seconds)
    return replace(v1_event("shop", 0, [[1.0]]), event_time=time)


def log(work: Path, *events: Event) -> None:
    with SpoolWriter(work / "spool") as spool:
        spool.append(events_to_batch(events))


def stream(spark: SparkSession, work: Path, **options: str) -> DataFrame:
    return spark.readStream.format("kserve").options(**options).load(f"{work}/spool")


def closed(spark: SparkSession, monitor: Monitor) -> dict[float, int]:
    """Tell the rows of each window that has closed, by its start; a window that closed twice fails."""
    try:
        rows = monitor.tables.read(spark, "profiles").collect()
    except AnalysisException:
        return {}
    starts = [
        (row.window_start.replace(tzinfo=timezone.utc) - LONG_AGO).total_seconds() for row in rows
    ]
    assert len({*starts}) == len(starts)
    return dict(zip(starts, (row.profile["count"] for row in rows), strict=True))


def wait_for(expected: dict[float, int], spark: SparkSession, monitor: Monitor) -> None:
    until, read = time.monotonic() + PATIENCE_S, -1
    while time.monotonic() < until:
        # To look for a commit costs nothing, to read the table a Spark job.
        if (commits := len(list(commit_files(monitor)))) != read:
            read = commits
            if closed(spark, monitor) == expected:
                return
        time.sleep(0.1)
    assert closed(spark, monitor) == expected


def commit_files(monitor: Monitor) -> Iterator[Path]:
    """Find what has been committed to the table of profiles."""
    return Path(monitor.tables.location, "profiles", "_delta_log").glob("*.json")


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
    log(tmp_path, at(0.5), at(1.5), at(-1.5))
    with watching(monitor, stream(spark, tmp_path, maxEventsPerTrigger="1"), tmp_path) as query:
        wait_for({-2: 1, 0: 2}, spark, monitor)
        # The clock went on from 2013, so that what comes next is not late, nor what is out of order within the delay.
        log(tmp_path, at(120), at(117))
        wait_for({-2: 1, 0: 2, 116: 1, 120: 1}, spark, monitor)
        assert query.late_events == 0
        query.processAllAvailable()
        at_rest = query.lastProgress
        time.sleep(5)
        assert query.lastProgress == at_rest
    left = list((tmp_path / "checkpoints/heartbeats/profiles").glob("part-*"))
    assert len(left) <= 1  # the others were removed once they had been read


def test_a_window_that_was_open_when_it_stopped_closes_once(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    log(tmp_path, at(0.5))
    # Without heartbeats it stays open, as long as one waits.
    with watching(
        monitor_in(store, tmp_path, idle=None), stream(spark, tmp_path), tmp_path
    ) as query:
        query.processAllAvailable()
        time.sleep(8)
    monitor = monitor_in(store, tmp_path)
    assert closed(spark, monitor) == {}
    for _ in range(2):
        with watching(monitor, stream(spark, tmp_path), tmp_path) as query:
            wait_for({0: 1}, spark, monitor)
            query.processAllAvailable()


def test_what_waits_to_be_read_is_never_late(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    monitor = monitor_in(store, tmp_path, idle="0 seconds")
    times = (5.9, 1.95, 3.5, 2.5, 5.5, 4.5, 2.1, 3.1)
    for seconds in times:
        log(tmp_path, at(seconds))
    with watching(monitor, stream(spark, tmp_path, maxEventsPerTrigger="1"), tmp_path) as query:
        wait_for({0: 1, 2: 4, 4: 3}, spark, monitor)
        assert query.late_events == 0


def test_flush_closes_the_last_window_and_moves_no_further(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    monitor = monitor_in(store, tmp_path)

    def run(flush: bool) -> dict[float, int]:
        events = stream(spark, tmp_path)
        monitor.start(
            events, f"{tmp_path}/checkpoints", available_now=True, flush=flush
        ).awaitTermination()
        return closed(spark, monitor)

    log(tmp_path, at(0.5), at(9))
    assert run(flush=False) == {0: 1}
    assert run(flush=True) == {0: 1, 8: 1}  # although nothing is there to be read
    assert run(flush=True) == {0: 1, 8: 1}
    log(tmp_path, at(10.001))
    assert run(flush=True) == {0: 1, 8: 1, 10: 1}
    with pytest.raises(OptionError, match="got flush for a stream that goes on"):
        monitor.start(stream(spark, tmp_path), f"{tmp_path}/checkpoints", flush=True)


def test_an_event_that_calls_itself_a_heartbeat_is_a_dead_letter(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    monitor = monitor_in(store, tmp_path)
    log(tmp_path, at(0.5), replace(at(1), event_type="heartbeat"))
    events = stream(spark, tmp_path)
    monitor.start(
        events, f"{tmp_path}/checkpoints", available_now=True, flush=True
    ).awaitTermination()
    assert closed(spark, monitor) == {0: 1}
    (letter,) = monitor.tables.read(spark, "dead_letters").collect()
    assert (letter.condition, letter.event_type) == ("UNKNOWN_EVENT_TYPE", "heartbeat")


def test_heartbeats_of_an_earlier_query_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    hour = timedelta(hours=1)
    heartbeats = Heartbeats(spark, f"{tmp_path}/checkpoints/profiles", Clock(hour, hour, hour))
    heartbeats.read_stream(probe=True)
    assert heartbeats.are_possible()
    heartbeats.send(LONG_AGO)
    with pytest.raises(CheckpointError, match="heartbeats/profiles has heartbeats of an earlier"):
        heartbeats.are_possible()


def test_checkpoints_of_an_earlier_version_go_on_without(
    spark: SparkSession,
    store: LocalStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monitor = monitor_in(store, tmp_path)
    place = f"{tmp_path}/checkpoints"
    log(tmp_path, at(0.5))
    with monkeypatch.context() as earlier:
        earlier.setattr(Heartbeats, "are_possible", lambda self: False)
        monitor.start(stream(spark, tmp_path), place, available_now=True).awaitTermination()
    assert not (tmp_path / "checkpoints/heartbeats").exists()
    log(tmp_path, at(9))
    with caplog.at_level(logging.WARNING, "sparkmon"):
        monitor.start(stream(spark, tmp_path), place, available_now=True).awaitTermination()
    assert f"{place}/profiles was made without heartbeats" in caplog.text
    assert closed(spark, monitor) == {0: 1}
    with pytest.raises(OptionError, match="earlier version of sparkmon made without heartbeats"):
        monitor.start(stream(spark, tmp_path), place, available_now=True, flush=True)
    shutil.rmtree(place)
    again = stream(spark, tmp_path)
    monitor.start(again, place, available_now=True, flush=True, take_over=True).awaitTermination()

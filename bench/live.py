"""One live monitor: how long an alert takes after its window closes, what a closing costs, and what idling costs."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
from pyspark.sql import SparkSession

from bench.meter import Cost
from bench.rounds import Result, Rounds
from bench.section import Section
from bench.traffic import COLUMNS, MODEL, headers, normals, request
from sparkmon.alerts import Alerting
from sparkmon.errors import SparkmonError
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor, MonitorQuery, Windows
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch, from_http
from sparkmon.sinks import AlertSink, Notification
from sparkmon.store import LocalStore

__all__ = ["measure_live"]

_START = datetime(2026, 1, 5, tzinfo=timezone.utc)
_HOUR = timedelta(hours=1)
_ROWS = 1_000
_PATIENCE_S = 120.0


@dataclass
class _Clock(AlertSink):
    """Notes when a notification came."""

    kind = "clock"
    came: threading.Event = field(default_factory=threading.Event)
    time_s: float = 0.0

    def __post_init__(self) -> None:
        super().__init__()

    def deliver(self, notification: Notification) -> None:
        """Note the time."""
        self.time_s = time.perf_counter()
        self.came.set()


def measure_live(
    spark: SparkSession, folder: Path, rounds: Rounds, closings: int, idle_s: float
) -> Section:
    """Measure windows that close one after the other, each of a model with 20 columns that have drifted.

    Parameters
    ----------
    spark : SparkSession
        A running one.
    folder : Path
        Where the data are written.
    rounds : Rounds
        The meter; the number of runs is ``closings``.
    closings : int
        The number of windows.
    idle_s : float
        How long the idle monitor is watched.
    """
    table = spark.createDataFrame(normals(50_000, seed=2), COLUMNS)
    store = LocalStore(folder / "store")
    store.write_reference(reference_of(table, MODEL).toArrow())
    clock = _Clock()
    monitor = Monitor(
        store,
        f"{folder}/tables",
        windows=Windows("1 hour", delay="0 seconds", idle=None),
        alerting=Alerting([clock]),
        trigger="50 milliseconds",
    )
    spool = SpoolWriter(folder / "spool")
    spool.append(events_to_batch([_health_check(_START)]))
    events = spark.readStream.format("kserve").load(str(folder / "spool"))
    began = rounds.meter.read()
    query = monitor.start(events, f"{folder}/checkpoints")
    try:
        query.processAllAvailable()
        start = _result("start of a monitor, the session apart", began, rounds.meter.read())
        results, jobs = _closings(query, spool, clock, rounds, closings)
    finally:
        query.stop()
    idle = _idle(spark, monitor, folder, rounds, idle_s)
    latency = results[-1]
    notes = [
        f"Spark jobs per window of {_ROWS:,} requests: {jobs:.1f}",
        "latency: from the event that ends a window, in the log, to the notification, which is after all commits but "
        "the findings'; without the wait for the next trigger",
        f"idle: {idle.cpu_s[0] / idle.wall_s[0]:.2%} of a core, with a trigger of 10 seconds",
    ]
    title = f"A live monitor: {closings} windows of {_ROWS:,} requests with 20 drifted columns"
    return (
        Section("live", title, "windows", [start, *results, idle], {}, notes) if latency else None
    )  # type: ignore[return-value]


def _closings(
    query: MonitorQuery, spool: SpoolWriter, clock: _Clock, rounds: Rounds, closings: int
) -> tuple[list[Result], float]:
    ingest, close, latency = (
        Result(name) for name in ("ingest of a window's events", "close, judge, alert", "latency")
    )
    tracker = query.query
    counted = 0
    for number in range(closings + rounds.warm_ups):
        rounds.say(f"window {number + 1} of {closings + rounds.warm_ups}")
        before, batch = rounds.meter.read(), query.lastProgress
        spool.append(events_to_batch(_window(number)))
        query.processAllAvailable()
        ingested = rounds.meter.read()
        clock.came.clear()
        sent = time.perf_counter()
        spool.append(events_to_batch([_health_check(_START + (number + 1) * _HOUR)]))
        if not clock.came.wait(_PATIENCE_S):
            raise SparkmonError(f"no alert came of window {number}; look at the tables of the run")
        came = clock.time_s
        query.processAllAvailable()
        closed = rounds.meter.read()
        if number >= rounds.warm_ups:
            _add(ingest, before, ingested)
            _add(close, ingested, closed)
            latency.count.append(1)
            latency.cpu_s.append(closed.cpu_s - ingested.cpu_s)
            latency.wall_s.append(came - sent)
            counted += 1
        del batch
    jobs = _jobs(tracker)
    return [ingest, close, latency], jobs / (closings + rounds.warm_ups)


def _jobs(query: object) -> float:
    """Count the Spark jobs of a query."""
    run_id = str(query.runId)  # type: ignore[attr-defined]
    tracker = SparkSession.active().sparkContext.statusTracker()
    return len(tracker.getJobIdsForGroup(run_id))


def _idle(
    spark: SparkSession, monitor: Monitor, folder: Path, rounds: Rounds, idle_s: float
) -> Result:
    """Measure a monitor to which no events come, with the default trigger."""
    quiet = Monitor(
        LocalStore(folder / "store"), f"{folder}/idle", alerting=Alerting(()), windows=Windows()
    )
    events = spark.readStream.format("kserve").load(str(folder / "spool"))
    query = quiet.start(events, f"{folder}/idle-checkpoints")
    try:
        query.processAllAvailable()
        time.sleep(min(idle_s, 5.0))
        before = rounds.meter.read()
        time.sleep(idle_s)
        return _result("idle, nothing to read", before, rounds.meter.read())
    finally:
        query.stop()


def _window(number: int) -> list[object]:
    values = normals(_ROWS, seed=100 + number) + 0.6
    step = _HOUR * 0.9 / _ROWS
    first = _START + number * _HOUR + timedelta(minutes=1)
    return [request(number * _ROWS + row, first + row * step, values[row]) for row in range(_ROWS)]


def _health_check(time_: datetime) -> object:
    name = f"health-{time_.isoformat()}"
    return from_http(headers(name, "response", time_), b'{"name": "bench", "ready": true}')


def _result(name: str, before: Cost, after: Cost) -> Result:
    result = Result(name)
    _add(result, before, after)
    return result


def _add(result: Result, before: Cost, after: Cost) -> None:
    result.count.append(1)
    result.cpu_s.append(after.cpu_s - before.cpu_s)
    result.wall_s.append(after.wall_s - before.wall_s)


_ = np

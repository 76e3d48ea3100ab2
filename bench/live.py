"""One live monitor: how long an alert takes after its window closes, what a closing costs, and what idling costs."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from pyspark.sql import SparkSession

from bench.empty_stream import start_empty_stream
from bench.meter import Cost
from bench.rounds import Result, Rounds
from bench.section import Section
from bench.traffic import COLUMNS, MODEL, health_check, normals, request
from sparkmon.alerts import Alerting, Policy
from sparkmon.errors import SparkmonError
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor, MonitorQuery, Windows
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.sinks import AlertSink, Notification
from sparkmon.store import LocalStore

__all__ = ["measure_live"]

_START = datetime(2026, 1, 5, tzinfo=timezone.utc)
_HOUR = timedelta(hours=1)
_ROWS = 1_000
_PATIENCE_S = 120.0
_SETTLE_S = 60.0
"""Until Java has compiled what the windows before have used: a monitor idles for hours."""


class _Stopwatch(AlertSink):
    """Notes when a notification came."""

    kind = "stopwatch"

    def __init__(self) -> None:
        super().__init__()
        self.came = threading.Event()
        self.time_s = 0.0

    def deliver(self, notification: Notification) -> None:
        """Note the time of the first since ``came`` was cleared."""
        if not self.came.is_set():
            self.time_s = time.perf_counter()
            self.came.set()


def measure_live(spark: SparkSession, folder: Path, rounds: Rounds, windows: int, idle_s: float) -> Section:
    """Measure windows that close one after the other, each of a model with 20 columns that have drifted.

    Parameters
    ----------
    spark : SparkSession
        A running one.
    folder : Path
        Where the data are written.
    rounds : Rounds
        The meter, and the number of warm-ups.
    windows : int
        How many are measured.
    idle_s : float
        How long an idle monitor is watched.
    """
    table = spark.createDataFrame(normals(50_000, seed=2), COLUMNS)
    store = LocalStore(folder / "live-store")
    store.write_reference(reference_of(table, MODEL).toArrow())
    stopwatch, spool = _Stopwatch(), SpoolWriter(folder / "live-spool")
    spool.append(events_to_batch([health_check(_START)]))

    def start(name: str, trigger: str, *sinks: AlertSink) -> MonitorQuery:
        monitor = Monitor(
            store,
            f"{folder}/{name}",
            windows=Windows("1 hour", delay="0 seconds", idle=None),
            alerting=Alerting(sinks, Policy(notify_on="each", max_notifications=10_000)),
            trigger=trigger,
        )
        events = spark.readStream.format("kserve").load(str(spool.path))
        query = monitor.start(events, f"{folder}/{name}-checkpoints")
        query.processAllAvailable()
        return query

    first, again, empty = (
        Result(name) for name in ("first start of a monitor", "start of the next", "start of an empty stream")
    )
    idle = Result("idle, nothing to read")
    before = rounds.meter.read()
    query = start("live", "20 milliseconds", stopwatch)
    _add(first, before, rounds.meter.read())
    try:
        results = _closings(query, spool, stopwatch, rounds, windows)
        jobs = _jobs(spark, query) / (windows + rounds.warm_ups)
    finally:
        query.stop()
    before = rounds.meter.read()
    stream = start_empty_stream(spark, folder / "empty-checkpoints")
    _add(empty, before, rounds.meter.read())
    stream.stop()
    before = rounds.meter.read()
    query = start("idle", "10 seconds")
    _add(again, before, rounds.meter.read())
    try:
        time.sleep(min(idle_s, _SETTLE_S))
        before = rounds.meter.read()
        time.sleep(idle_s)
        _add(idle, before, rounds.meter.read())
    finally:
        query.stop()
    return Section(
        "live",
        f"A live monitor: {windows} windows of {_ROWS:,} requests of 20 numbers, all drifted",
        "windows",
        [first, again, empty, *results, idle],
        {"start of a monitor / of an empty stream": again.cost_beside(empty)},
        [
            "starts: the session apart; the first pays for Python processes of Spark's, each of which imports PySpark",
            "an empty stream: one row of a data source in Python, and two functions that do nothing",
            "latency: from the event that ends a window, in the log, to the notification; with a trigger of 20 ms",
            f"{jobs:.1f} Spark jobs per window, for its requests and its end: a closing itself has none",
            f"idle: {idle.cpu_s[0] / idle.wall_s[0]:.2%} of a core, trigger of 10 seconds, a minute after the start",
        ],
    )


def _closings(
    query: MonitorQuery, spool: SpoolWriter, stopwatch: _Stopwatch, rounds: Rounds, windows: int
) -> list[Result]:
    ingest, close, latency = (
        Result(name) for name in ("a window's requests", "the end of a window, with its alert", "latency")
    )
    for number in range(windows + rounds.warm_ups):
        rounds.say(f"window {number + 1} of {windows + rounds.warm_ups}")
        before = rounds.meter.read()
        spool.append(events_to_batch(_requests(number)))
        query.processAllAvailable()
        ingested = rounds.meter.read()
        stopwatch.came.clear()
        sent_s = time.perf_counter()
        spool.append(events_to_batch([health_check(_START + (number + 1) * _HOUR)]))
        if not stopwatch.came.wait(_PATIENCE_S):
            raise SparkmonError(f"no alert came of window {number}; look at the tables of the run")
        query.processAllAvailable()
        closed = rounds.meter.read()
        if number >= rounds.warm_ups:
            _add(ingest, before, ingested)
            _add(close, ingested, closed)
            alerted = Cost(closed.cpu_s, ingested.wall_s + stopwatch.time_s - sent_s)
            _add(latency, ingested, alerted)
    return [ingest, close, latency]


def _requests(number: int) -> list[Event]:
    values = normals(_ROWS, seed=100 + number) + (0.6 if number % 2 else -0.6)
    first, step = _START + number * _HOUR + timedelta(minutes=1), _HOUR * 0.9 / _ROWS
    return [request(number * _ROWS + row, first + row * step, values[row]) for row in range(_ROWS)]


def _jobs(spark: SparkSession, query: MonitorQuery) -> int:
    """Count the Spark jobs of a query."""
    return len(spark.sparkContext.statusTracker().getJobIdsForGroup(str(query.query.runId)))


def _add(result: Result, before: Cost, after: Cost) -> None:
    result.count.append(1)
    result.cpu_s.append(after.cpu_s - before.cpu_s)
    result.wall_s.append(after.wall_s - before.wall_s)

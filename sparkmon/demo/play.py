"""The whole demonstration, from the reference to the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sparkmon import sources
from sparkmon.alerts import Alerting
from sparkmon.demo.delay_model import DelayModel
from sparkmon.demo.flights import FEATURES, MODEL, SCORE, Flights, split_flights
from sparkmon.demo.mariadb_process import MariaDbProcess
from sparkmon.demo.online_store import FAULTY, VIEW, WeatherReports, fill
from sparkmon.demo.platform import Platform
from sparkmon.demo.sender import Progress, Sender
from sparkmon.demo.traffic import Traffic
from sparkmon.errors import SparkmonError
from sparkmon.monitor import Monitor, Windows
from sparkmon.profiles import reference_of
from sparkmon.sinks import AlertSink, Notification
from sparkmon.store import FeatureStore, open_store
from sparkmon.watch import Watch

__all__ = ["Play", "play"]

_WINDOW_S = 3
_DELAY_S = 5
_SECONDS = 45.0
_POLL_S = 0.25

Report = Callable[[str, float], None]
"""Told what is going on, and how much of the traffic has been sent, from 0 to 1."""


@dataclass(frozen=True)
class Play:
    """What came out."""

    rows: int
    """Flights whose prediction is in a window."""
    logged_rows: int
    """Flights whose prediction is in the log."""
    sent_rows: int
    """Flights that were asked about."""
    windows: int
    window_s: int
    findings: int
    worst: list[dict[str, Any]]
    """Per column its statistic that came furthest over the threshold, before and after the fault, as shares of it."""
    alerts: list[dict[str, Any]]
    fault_time: datetime
    store: str
    """What held the features, in words."""
    seconds: float

    @property
    def failures(self) -> list[str]:
        """What is not as it should be: empty if both faults were found, nothing else, and no row lost.

        That the model's answers drift with its inputs is no mistake.
        """
        found = {alert["feature"] for alert in self.alerts}
        early = [alert for alert in self.alerts if alert["window_end"] <= self.fault_time]
        return [
            *(f"the fault in {name} was not found" for name in FAULTY if name not in found),
            *(
                f"{name} was flagged, although nothing is wrong with it"
                for name in sorted(found - {*FAULTY, SCORE})
            ),
            *(f"{alert['feature']} was flagged before the fault" for alert in early),
            *(
                [f"{self.sent_rows} flights were asked about, {self.logged_rows} are in the log"]
                * (self.logged_rows < self.sent_rows)
            ),
            *(
                [f"{self.logged_rows} flights are in the log, {self.rows} in windows"]
                * (self.rows != self.logged_rows)
            ),
        ]


class _Counter(AlertSink):
    """Counts alerts for the progress line."""

    kind = "counter"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def deliver(self, notification: Notification) -> None:
        """Count them."""
        self.count += notification.count


def play(spark: SparkSession, out: Path, store: str, report: Report) -> Play:
    """Run the demonstration, or go on with one that was interrupted.

    Parameters
    ----------
    spark : SparkSession
        Configured and registered.
    out : Path
        The directory for the store, the spool, the tables and the checkpoints.
    store : str
        ``local``, ``mysql`` (a MariaDB of its own) or the URL of a database.
    report : callable
        Called several times a second.

    Raises
    ------
    SparkmonError
        A server or a query failed.
    """
    began = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    report("starting the model server", 0.0)
    with _place_of(store, out) as place, Platform(out) as platform:
        flights = split_flights()
        reports = WeatherReports(flights.live)
        report("filling the feature store", 0.0)
        features = open_store(place)
        fill(features, flights.live, reports)
        note = out / "progress.json"
        if Progress.read(note).fault_time is not None:
            reports.write_broken(features)
        platform.start_transformer(place)
        report("profiling the training data", 0.0)
        _make_reference(spark, features, flights)
        counter = _Counter()
        monitor = Monitor(
            features,
            f"{out}/tables",
            windows=Windows(f"{_WINDOW_S} seconds", delay=f"{_DELAY_S} seconds"),
            alerting=Alerting([counter]),
            views={MODEL: f"{VIEW.name}:{VIEW.version}"},
        )
        traffic = Traffic(flights.live, reports)
        report("waiting for the servers", 0.0)
        sender = Sender(
            traffic,
            platform.wait_ready(),
            note,
            _SECONDS,
            lambda: reports.write_broken(features),
        )
        _watch(spark, monitor, sender, platform, f"{out}/checkpoints", counter, report)
        report("counting", 1.0)
        return _summary(spark, monitor, sender, platform, repr(features), began)


@contextmanager
def _place_of(store: str, out: Path) -> Iterator[str]:
    if store == "mysql":
        with MariaDbProcess() as server:
            yield server.url
    else:
        yield str(out / "store") if store == "local" else store


def _make_reference(spark: SparkSession, store: FeatureStore, flights: Flights) -> None:
    if MODEL in {schema.model for schema in store.schemas()}:
        return
    columns = flights.reference.select([*FEATURES])
    rows = list(zip(*(column.to_pylist() for column in columns.columns), strict=True))
    scores = DelayModel(flights.training).predict(rows)
    table = spark.createDataFrame(columns.append_column(SCORE, pa.array(scores)))
    store.write_reference(reference_of(table, MODEL, predictions=[SCORE]).toArrow())


def _watch(
    spark: SparkSession,
    monitor: Monitor,
    sender: Sender,
    platform: Platform,
    checkpoints: str,
    counter: _Counter,
    report: Report,
) -> None:
    """Run the monitor while the traffic lasts, and until all windows have closed."""
    log = sources.InferenceLogDataSource.name()
    events = spark.readStream.format(log).load(str(platform.spool))
    watch = monitor.start(events, checkpoints)
    try:
        sender.start()
        while sender.is_alive():
            _check(watch, sender)
            report(f"watching; {counter.count} alerts", sender.share)
            sender.join(_POLL_S)
        _check(watch, sender)
        report("closing the last windows", 1.0)
        platform.stop_serving()
        platform.move_clock(_WINDOW_S + _DELAY_S)
        watch.finish()
    finally:
        watch.stop()


def _check(watch: Watch, sender: Sender) -> None:
    for query in watch.queries:
        error = query.exception()
        if error is not None:
            raise SparkmonError(f"a query failed: {error}") from error
    if sender.error is not None:
        raise SparkmonError(f"the traffic could not be sent: {sender.error}") from sender.error


def _summary(
    spark: SparkSession,
    monitor: Monitor,
    sender: Sender,
    platform: Platform,
    store: str,
    began: float,
) -> Play:
    profiles = monitor.tables.read(spark, "profiles")
    findings = monitor.tables.read(spark, "drift_metrics")
    alerts = monitor.tables.read(spark, "alerts")
    counted = profiles.where(F.col("column_name") == SCORE).select(
        F.sum("profile.count"), F.count("*")
    )
    rows, windows = counted.collect()[0]
    events = spark.read.format(sources.InferenceLogDataSource.name()).load(str(platform.spool))
    # Not `monitor.rows`, which asks the store about every request.
    decoded = sources.rows(events, delay=monitor.windows.delay)
    answers = decoded.where("event_type = 'response' AND instance >= 0")
    trouble = alerts.where("state = 'firing'")
    told = trouble.orderBy("window_start", "column_name").toArrow().to_pylist()
    names = ("statistic", "value", "threshold", "window_start", "window_end")
    fault_time = datetime.fromisoformat(str(sender.progress.fault_time))
    return Play(
        rows=rows or 0,
        logged_rows=answers.count(),
        sent_rows=sender.rows,
        windows=windows,
        window_s=_WINDOW_S,
        findings=findings.count(),
        worst=_worst(findings, fault_time),
        alerts=[
            {"feature": row["column_name"]} | {name: row[name] for name in names} for row in told
        ],
        fault_time=fault_time,
        store=store,
        seconds=time.monotonic() - began,
    )


def _worst(findings: DataFrame, fault_time: datetime) -> list[dict[str, Any]]:
    share = F.col("value") / F.col("threshold")
    before = F.col("window_end") <= F.lit(fault_time)
    # The first window and the last have few rows, and what is not judged came nowhere.
    judged = findings.where("status IN ('ok', 'drift', 'over_limit')")
    reached = judged.groupBy("column_name", "statistic").agg(
        F.coalesce(F.max(F.when(before, share)), F.lit(0.0)).alias("before"),
        F.coalesce(F.max(F.when(~before, share)), F.lit(0.0)).alias("after"),
    )
    furthest = reached.groupBy("column_name").agg(
        F.max_by(F.struct("column_name", "statistic", "before", "after"), "after").alias("worst")
    )
    return furthest.select("worst.*").orderBy(F.desc("after"), "column_name").toArrow().to_pylist()

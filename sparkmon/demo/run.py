"""The demonstration, from the reference to the result."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sparkmon import sources
from sparkmon.alerts import Alerting
from sparkmon.demo.delay_model import DelayModel
from sparkmon.demo.flights import FEATURES, MODEL, SCORE, Flights, split_flights
from sparkmon.demo.online_store import FAULTY, VIEW, WeatherReports, fill
from sparkmon.demo.platform import Platform
from sparkmon.demo.sender import Progress, Sender
from sparkmon.errors import SparkmonError
from sparkmon.monitor import Monitor, MonitorQuery, Windows
from sparkmon.profiles import reference_of
from sparkmon.sinks import Alert, AlertSink, Notification
from sparkmon.store import ReferenceStore, open_store

_WINDOW_S = 3
_DELAY_S = 5
_SECONDS = 45.0
_POLL_S = 0.25
_TRIGGER = "500 milliseconds"

Report = Callable[[str, float], None]
"""Called with the current step, and the share of the traffic that has been sent, from 0 to 1."""


OnAlert = Callable[[Alert, float], None]
"""Called with each alert, and how many seconds after the first request with the fault it came."""


@dataclass(frozen=True)
class DemoResult:
    """What the monitor found in the traffic of one demonstration."""

    rows: int
    """Flights whose prediction is in a window."""
    logged_rows: int
    """Flights whose prediction is in the log."""
    sent_rows: int
    """Flights in the requests."""
    windows: int
    window_s: int
    findings: int
    worst: list[dict[str, Any]]
    """Per column the statistic with the largest share of its threshold, before and after the fault."""
    alerts: list[dict[str, Any]]
    fault_time: datetime
    store: str
    """A description of the feature store."""
    seconds: float

    @property
    def failures(self) -> list[str]:
        """What went wrong: empty if both faults were found, nothing else was flagged, and no row was lost.

        Drift of the model's predictions is no failure: they drift with its inputs.
        """
        features = {alert["feature"] for alert in self.alerts}
        early = [alert for alert in self.alerts if alert["window_end"] <= self.fault_time]
        failures = [f"the fault in {name} was not found" for name in FAULTY if name not in features]
        failures += [
            f"{name} was flagged, although nothing is wrong with it" for name in sorted(features - {*FAULTY, SCORE})
        ]
        failures += [f"{alert['feature']} was flagged before the fault" for alert in early]
        if self.logged_rows < self.sent_rows:
            failures.append(f"{self.sent_rows} flights were sent, {self.logged_rows} are in the log")
        if self.rows != self.logged_rows:
            failures.append(f"{self.logged_rows} flights are in the log, {self.rows} in windows")
        return failures


class _LiveAlerts(AlertSink):
    """Passes alerts on as they come."""

    kind = "live"

    def __init__(self, on_alert: OnAlert) -> None:
        super().__init__()
        self.count = 0
        self.sender: Sender | None = None
        self._on_alert = on_alert

    def deliver(self, notification: Notification) -> None:
        """Pass them on."""
        self.count += notification.count
        since = None if self.sender is None else self.sender.progress.fault_time
        began = datetime.now(timezone.utc) if since is None else datetime.fromisoformat(since)
        for alert in notification.alerts:
            self._on_alert(alert, (datetime.now(timezone.utc) - began).total_seconds())


def run_demo(spark: SparkSession, out: Path, store: str, report: Report, on_alert: OnAlert) -> DemoResult:
    """Run the demonstration, or continue an interrupted one; SparkmonError if the store, a server or a query fails.

    ``spark`` is configured and registered; ``out`` is the directory for all files; ``store`` is ``local``, or the URL
    of a database on a server that is running. ``report`` is called several times a second.
    """
    start = time.monotonic()
    report("starting the model server", 0.0)
    place = str(out / "store") if store == "local" else store
    features = open_store(place)
    features.schemas()  # fails at once if the server does not answer
    with Platform(out) as platform:
        flights = split_flights()
        reports = WeatherReports(flights.live)
        report("filling the feature store", 0.0)
        fill(features, flights.live, reports)
        note = out / "progress.json"
        if Progress.read(note).fault_time is not None:
            reports.write_broken(features)
        platform.start_transformer(place)
        report("profiling the training data", 0.0)
        _make_reference(spark, features, flights)
        alerts = _LiveAlerts(on_alert)
        monitor = Monitor(
            features,
            f"{out}/tables",
            windows=Windows(f"{_WINDOW_S} seconds", delay=f"{_DELAY_S} seconds"),
            alerting=Alerting([alerts]),
            trigger=_TRIGGER,
            views={MODEL: f"{VIEW.name}:{VIEW.version}"},
        )
        report("waiting for the servers", 0.0)
        sender = Sender(
            flights.live,
            reports.of_flight,
            platform.wait_ready(),
            note,
            _SECONDS,
            lambda: reports.write_broken(features),
        )
        alerts.sender = sender
        _run_monitor(spark, monitor, sender, platform, f"{out}/checkpoints", alerts, report)
        report("counting", 1.0)
        return _summary(spark, monitor, sender, platform, repr(features), start)


def _make_reference(spark: SparkSession, store: ReferenceStore, flights: Flights) -> None:
    if MODEL in {schema.model for schema in store.schemas()}:
        return
    columns = flights.reference.select([*FEATURES])
    rows = list(zip(*(column.to_pylist() for column in columns.columns), strict=True))
    scores = DelayModel(flights.training).predict(rows)
    table = spark.createDataFrame(columns.append_column(SCORE, pa.array(scores)))
    store.write_reference(reference_of(table, MODEL, predictions=[SCORE]).toArrow())


def _run_monitor(
    spark: SparkSession,
    monitor: Monitor,
    sender: Sender,
    platform: Platform,
    checkpoints: str,
    alerts: _LiveAlerts,
    report: Report,
) -> None:
    """Run the monitor until the traffic has ended and all windows have closed."""
    log = sources.InferenceLogDataSource.name()
    events = spark.readStream.format(log).load(str(platform.spool))
    query = monitor.start(events, checkpoints)
    try:
        sender.start()
        while sender.is_alive():
            _check(query, sender)
            report(f"monitoring; {alerts.count} alerts", sender.share)
            sender.join(_POLL_S)
        _check(query, sender)
        report("closing the last windows", 1.0)
        platform.stop_serving()
        query.processAllAvailable()
    finally:
        query.stop()
    # The log is complete: what is open closes now, not when later events come.
    monitor.start(events, checkpoints, available_now=True, flush=True).awaitTermination()


def _check(query: MonitorQuery, sender: Sender) -> None:
    error = query.exception()
    if error is not None:
        raise SparkmonError(f"a query failed: {error}") from error
    if sender.error is not None:
        raise SparkmonError(f"the traffic could not be sent: {sender.error}") from sender.error


def _summary(
    spark: SparkSession, monitor: Monitor, sender: Sender, platform: Platform, store: str, start: float
) -> DemoResult:
    profiles, findings, alerts = (monitor.tables.read(spark, name) for name in ("profiles", "drift_metrics", "alerts"))
    counted = profiles.where(F.col("column_name") == SCORE).select(F.sum("profile.count"), F.count("*"))
    rows, windows = counted.collect()[0]
    events = spark.read.format(sources.InferenceLogDataSource.name()).load(str(platform.spool))
    # Not `monitor.rows`, which reads the store for every request.
    decoded = sources.rows(events, delay=monitor.windows.delay)
    answers = decoded.where("event_type = 'response' AND instance >= 0")
    firing = alerts.where("state = 'firing'")
    alert_rows = firing.orderBy("window_start", "column_name").toArrow().to_pylist()
    names = ("statistic", "value", "threshold", "window_start", "window_end")
    fault_time = datetime.fromisoformat(str(sender.progress.fault_time))
    return DemoResult(
        rows=rows or 0,
        logged_rows=answers.count(),
        sent_rows=sender.rows,
        windows=windows,
        window_s=_WINDOW_S,
        findings=findings.count(),
        worst=_worst(findings, fault_time),
        alerts=[{"feature": row["column_name"]} | {name: row[name] for name in names} for row in alert_rows],
        fault_time=fault_time,
        store=store,
        seconds=time.monotonic() - start,
    )


def _worst(findings: DataFrame, fault_time: datetime) -> list[dict[str, Any]]:
    share = F.col("value") / F.col("threshold")
    before = F.col("window_end") <= F.lit(fault_time)
    # Other findings have no share: the first and the last window have few rows.
    judged = findings.where("status IN ('ok', 'drift', 'over_limit')")
    reached = judged.groupBy("column_name", "statistic").agg(
        F.coalesce(F.max(F.when(before, share)), F.lit(0.0)).alias("before"),
        F.coalesce(F.max(F.when(~before, share)), F.lit(0.0)).alias("after"),
    )
    furthest = reached.groupBy("column_name").agg(
        F.max_by(F.struct("column_name", "statistic", "before", "after"), "after").alias("worst")
    )
    return furthest.select("worst.*").orderBy(F.desc("after"), "column_name").toArrow().to_pylist()

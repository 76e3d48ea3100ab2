"""The whole demonstration, from the reference to the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sparkmon import sources
from sparkmon.alerts import Alert, AlertSink
from sparkmon.demo.flights import Flights, split_flights
from sparkmon.demo.receiver_process import ReceiverProcess
from sparkmon.demo.sender import Sender
from sparkmon.demo.traffic import FAULTY, MODEL, SCORE, Traffic
from sparkmon.errors import SparkmonError
from sparkmon.monitor import Monitor, Watch
from sparkmon.profiles import reference_of
from sparkmon.store import LocalStore

__all__ = ["Play", "play"]

_WINDOWS = 24
_SECONDS = 45.0
_POLL_S = 0.25

Report = Callable[[str, float], None]
"""Told what is going on, and how much of the traffic has been sent, from 0 to 1."""


@dataclass(frozen=True)
class Play:
    """What came out."""

    rows: int
    sent_rows: int
    windows: int
    findings: int
    worst: list[dict[str, Any]]
    """Per column its statistic that came furthest over the threshold, before and after the fault, as shares of it."""
    alerts: list[dict[str, Any]]
    fault_time: datetime
    seconds: float

    @property
    def failures(self) -> list[str]:
        """What is not as it should be: empty if both faults were found, nothing else, and no row lost."""
        found = {alert["feature"] for alert in self.alerts}
        early = [alert for alert in self.alerts if alert["window_start"] < self.fault_time]
        return [
            *(f"the fault in {name} was not found" for name in FAULTY if name not in found),
            *(
                f"{name} was flagged, although nothing is wrong with it"
                for name in sorted(found - {*FAULTY})
            ),
            *(f"{alert['feature']} was flagged before the fault" for alert in early),
            *(
                [f"{self.sent_rows} rows were sent, {self.rows} profiled"]
                * (self.rows != self.sent_rows)
            ),
            *([f"{self.windows} of {_WINDOWS} windows were closed"] * (self.windows != _WINDOWS)),
        ]


class _Counter(AlertSink):
    """Counts alerts for the progress line."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def deliver(self, alerts: Sequence[Alert]) -> None:
        """Count them."""
        self.count += len(alerts)


def play(spark: SparkSession, out: Path, report: Report) -> Play:
    """Run the demonstration, or go on with one that was interrupted.

    Parameters
    ----------
    spark : SparkSession
        Configured and registered.
    out : Path
        The directory for the store, the spool, the tables and the checkpoints.
    report : callable
        Called several times a second.

    Raises
    ------
    SparkmonError
        The receiver or a query failed.
    """
    began = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    flights = split_flights()
    traffic = Traffic(flights.live, _WINDOWS)
    report("profiling the training data", 0.0)
    store = _store(spark, out, flights)
    spool = out / "spool"
    counter = _Counter()
    monitor = Monitor(store, f"{out}/tables", window="1 hour", delay="10 minutes", sinks=[counter])
    with ReceiverProcess(spool, out / "receiver.log") as receiver:
        events = spark.readStream.format(sources.InferenceLogDataSource.name()).load(str(spool))
        watch = monitor.start(events, f"{out}/checkpoints")
        try:
            sender = Sender(traffic, receiver.url, out / "progress.json", _SECONDS)
            sender.start()
            while sender.is_alive():
                _check(watch, sender)
                report(f"watching; {counter.count} alerts", sender.sent_chunks / traffic.chunks)
                sender.join(_POLL_S)
            _check(watch, sender)
            report("closing the last windows", 1.0)
            watch.finish()
        finally:
            watch.stop()
    return _summary(spark, monitor, traffic, time.monotonic() - began)


def _store(spark: SparkSession, out: Path, flights: Flights) -> LocalStore:
    store = LocalStore(out / "store")
    if MODEL not in {schema.model for schema in store.schemas()}:
        table = spark.createDataFrame(flights.reference)
        store.write_reference(reference_of(table, MODEL, predictions=[SCORE]).toArrow())
    return store


def _check(watch: Watch, sender: Sender) -> None:
    for query in (watch.profiles, watch.dead_letters):
        error = query.exception()
        if error is not None:
            raise SparkmonError(f"a query failed: {error}") from error
    if sender.error is not None:
        raise SparkmonError(f"the traffic could not be sent: {sender.error}") from sender.error


def _summary(spark: SparkSession, monitor: Monitor, traffic: Traffic, seconds: float) -> Play:
    profiles = monitor.tables.read(spark, "profiles")
    findings = monitor.tables.read(spark, "drift_metrics")
    alerts = monitor.tables.read(spark, "alerts")
    counted = profiles.where(F.col("column_name") == SCORE).select(
        F.sum("profile.count"), F.count("*")
    )
    rows, windows = counted.collect()[0]
    told = alerts.orderBy("window_start", "column_name").toArrow().to_pylist()
    return Play(
        rows=rows or 0,
        sent_rows=traffic.rows,
        windows=windows,
        findings=findings.count(),
        worst=_worst(findings, traffic.fault_time),
        alerts=[
            {
                "feature": row["column_name"],
                "statistic": row["statistic"],
                "value": row["value"],
                "threshold": row["threshold"],
                "window_start": row["window_start"],
            }
            for row in told
        ],
        fault_time=traffic.fault_time,
        seconds=seconds,
    )


def _worst(findings: DataFrame, fault_time: datetime) -> list[dict[str, Any]]:
    share = F.col("value") / F.col("threshold")
    before = F.col("window_start") < F.lit(fault_time)
    reached = findings.groupBy("column_name", "statistic").agg(
        F.coalesce(F.max(F.when(before, share)), F.lit(0.0)).alias("before"),
        F.coalesce(F.max(F.when(~before, share)), F.lit(0.0)).alias("after"),
    )
    furthest = reached.groupBy("column_name").agg(
        F.max_by(F.struct("column_name", "statistic", "before", "after"), "after").alias("worst")
    )
    return furthest.select("worst.*").orderBy(F.desc("after")).toArrow().to_pylist()

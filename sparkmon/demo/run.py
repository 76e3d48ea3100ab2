"""The demonstration, from the reference to the result."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import fs
from pyspark.sql import SparkSession

from sparkmon import sources
from sparkmon.alerts import Alerting, AlertManager
from sparkmon.compat import from_arrow, to_arrow
from sparkmon.demo.callers import ATTACKER, IDENTITY, honest_calls, kept_rows
from sparkmon.demo.delay_model import DelayModel
from sparkmon.demo.flights import FEATURES, LABEL, MODEL, SCORE, Flights, split_flights
from sparkmon.demo.late_labels import LateLabels
from sparkmon.demo.live import Display, LiveAlerts, LiveOutliers
from sparkmon.demo.online_store import FAULTY, VIEW, WeatherReports, fill
from sparkmon.demo.platform import Platform
from sparkmon.demo.sender import Progress, Sender
from sparkmon.detectors import DEFAULT_DETECTORS
from sparkmon.distributions.schema import CLIENTS
from sparkmon.errors import SparkmonError
from sparkmon.labels import LabelSource
from sparkmon.logs import SpoolLog
from sparkmon.monitor import LabelsWatch, Monitor, MonitorQuery, Windows
from sparkmon.profiles import client_baseline, reference_of, validation_of
from sparkmon.protocol import DECODED, decode_events
from sparkmon.store import ReferenceStore, open_store
from sparkmon.tables import Tables

WINDOW_S = 3
_DELAY_S = 2
"""The servers log in order: on a busy machine, too, no event of the log is older than one before it."""
_SECONDS = 45.0
_POLL_S = 0.25
_HORIZON = timedelta(seconds=8)
"""How long after the end of a window its labels are joined."""
_TRIGGER = "500 milliseconds"
_PART_BYTES = 64 * 2**20


@dataclass(frozen=True)
class DemoResult:
    """What the monitor found in the traffic of one demonstration."""

    rows: int
    """Flights whose prediction is in a window."""
    logged_rows: int
    """Flights whose prediction is in the log."""
    sent_rows: int
    """Flights in the requests, and what the attacker asked for."""
    windows: int
    findings: int
    worst: list[dict[str, Any]]
    """Per column the statistic with the largest share of its threshold, before and after the fault."""
    alerts: list[dict[str, Any]]
    celsius_rows: int
    """Outliers before the fault that are outliers by their temperature."""
    fault_time: datetime
    store: str
    """A description of the feature store."""
    seconds: float

    @property
    def failures(self) -> list[str]:
        """What went wrong: empty if all was found, nothing else was flagged, and no row was lost.

        Drift of the model's predictions is no failure: they drift with its inputs.
        """
        drifts = [alert for alert in self.alerts if alert["column_kind"] in ("feature", "prediction")]
        worse = [alert for alert in self.alerts if alert["column_kind"] == "performance"]
        features = {alert["column_name"] for alert in drifts}
        early = [alert for alert in (*drifts, *worse) if alert["window_end"] <= self.fault_time]
        failures = [f"the fault in {name} was not found" for name in FAULTY if name not in features]
        failures += [
            f"{name} was flagged, although nothing is wrong with it" for name in sorted(features - {*FAULTY, SCORE})
        ]
        failures += [f"{alert['column_name']} was flagged before the fault" for alert in early]
        if not any(alert["column_name"] == "accuracy_score" for alert in worse):
            failures.append("the labels did not show that the model got worse")
        if not self.celsius_rows:
            failures.append("the rows with a temperature in Celsius were not found before the fault")
        named = {alert["slice_value"] for alert in self.alerts if alert["column_name"] == CLIENTS}
        if named != {ATTACKER}:
            failures.append(f"{ATTACKER} attacks, {', '.join(sorted(named)) or 'nobody'} was named")
        if self.logged_rows < self.sent_rows:
            failures.append(f"{self.sent_rows} flights were sent, {self.logged_rows} are in the log")
        if self.rows != self.logged_rows:
            failures.append(f"{self.logged_rows} flights are in the log, {self.rows} in windows")
        return failures


def run_demo(spark: SparkSession, out: Path, store: str, display: Display) -> DemoResult:
    """Run the demonstration, or continue an interrupted one; SparkmonError if the store, a server or a query fails.

    ``spark`` is configured and registered; ``out`` is the directory for all files; ``store`` is ``local``, or the URL
    of a database on a server that is running. ``display`` is called several times a second.
    """
    sources.require_data_sources()
    report = display.report
    start_s = time.monotonic()
    report("starting the model server", 0.0)
    place = str(out / "store") if store == "local" else store
    features = open_store(place)
    with Platform(out) as platform:
        flights = split_flights()
        reports = WeatherReports(flights.live)
        report("filling the feature store", 0.0)
        fill(features, flights.live, reports)
        note = out / "progress.json"
        if Progress.read(note).fault_time is not None:
            reports.write(features, broken=True)
        platform.start_transformer(place)
        report("profiling the training data", 0.0)
        _make_reference(spark, features, flights)
        tables = Tables(f"{out}/tables")
        alerts = LiveAlerts(display.alert)
        monitor = Monitor(
            features,
            tables,
            windows=Windows(f"{WINDOW_S} seconds", delay=f"{_DELAY_S} seconds"),
            alerting=Alerting([alerts]),
            trigger=_TRIGGER,
            views={MODEL: f"{VIEW.name}:{VIEW.version}"},
            adversaries={MODEL: IDENTITY},
            labels=_labels(out),
        )
        labels = LateLabels(str(out), flights.live)
        report("waiting for the servers", 0.0)
        sender = Sender(
            flights.live,
            reports.of_flight,
            platform.wait_ready(),
            note,
            _SECONDS,
            lambda: reports.write(features, broken=True),
            labels,
            WINDOW_S,
        )
        alerts.sender = sender
        _run_monitor(spark, monitor, sender, platform, f"{out}/checkpoints", alerts, display)
        report("joining the last labels", 1.0)
        labels.write(everything=True)
        _join_labels(monitor, features, out, alerts)
        report("counting", 1.0)
        return _summary(monitor, sender, platform.spool, repr(features), start_s)


def _make_reference(spark: SparkSession, store: ReferenceStore, flights: Flights) -> None:
    if MODEL in {schema.model for schema in store.schemas()}:
        return
    model = DelayModel(flights.training)

    def scored(rows: pa.Table) -> tuple[pa.Table, list[float]]:
        columns = rows.select([*FEATURES])
        scores = model.predict(list(zip(*(column.to_pylist() for column in columns.columns), strict=True)))
        return columns.append_column(SCORE, pa.array(scores)), scores

    columns, scores = scored(flights.reference)
    table, training = from_arrow(spark, columns), from_arrow(spark, scored(flights.training)[0])
    honest = honest_calls(columns, scores)
    reference = reference_of(table, MODEL, predictions=[SCORE], outliers=DEFAULT_DETECTORS)
    # Honest callers ask for other flights than those that the model was trained on.
    store.write_reference(client_baseline(training, kept_rows(honest), MODEL, predictions=[SCORE]))
    labelled = from_arrow(spark, columns.append_column(LABEL, flights.reference[LABEL]))
    store.write_reference(validation_of(labelled, MODEL, predictions=[SCORE], label=LABEL))
    store.write_reference(to_arrow(reference))


def _labels(out: Path) -> dict[str, LabelSource]:
    return {MODEL: LabelSource(f"{out}/labels", LABEL, instance="instance", horizon=_HORIZON, revise_for=3 * _HORIZON)}


def _join_labels(monitor: Monitor, store: ReferenceStore, out: Path, alerts: LiveAlerts) -> None:
    """Join what came after the monitor had ended, as ``sparkmon labels`` does."""
    tables = monitor.tables.open()
    with AlertManager(Alerting([alerts])).opened(tables, "labels") as process:
        watch = LabelsWatch(tables, store, _labels(out), process=process, windows=monitor.windows)
        watch.run(datetime.now(timezone.utc) + _HORIZON)


def _run_monitor(
    spark: SparkSession,
    monitor: Monitor,
    sender: Sender,
    platform: Platform,
    checkpoints: str,
    alerts: LiveAlerts,
    display: Display,
) -> None:
    """Run the monitor until the traffic has ended and all windows have closed."""
    events = spark.readStream.format(sources.KServeSource.format).load(str(platform.spool))
    outliers = LiveOutliers(monitor.tables, display.outlier)
    query = monitor.start(events, checkpoints)
    try:
        sender.start()
        while sender.is_alive():
            _check(query, sender)
            display.report(f"monitoring; {alerts.count} alert{'s' * (alerts.count != 1)}", sender.share)
            outliers.show()
            sender.join(_POLL_S)
        _check(query, sender)
        display.report("closing the last windows", 1.0)
        platform.stop_serving()
        query.processAllAvailable()
    except BaseException:  # Ctrl-C too: the query must not outlive the demo
        query.stop()
        raise
    # The log is complete: what is open closes now, not when later events come.
    query.stop(flush=True)


def _check(query: MonitorQuery, sender: Sender) -> None:
    error = query.exception()
    if error is not None:
        raise SparkmonError(f"a query failed: {error}") from error
    if sender.error is not None:
        raise SparkmonError(f"the traffic could not be sent: {sender.error}") from sender.error


def _summary(monitor: Monitor, sender: Sender, spool: Path, store: str, start_s: float) -> DemoResult:
    tables = monitor.tables.open()

    def read(table: str, *columns: str) -> list[dict[str, Any]]:
        rows = tables.read(table, columns)
        return [] if rows is None else rows.to_pylist()

    counts = [
        row["profile"]["count"] for row in read("profiles", "column_name", "profile") if row["column_name"] == SCORE
    ]
    findings = read("drift_metrics", "column_name", "statistic", "status", "value", "threshold", "window_end")
    fired = (
        "window_start",
        "column_name",
        "column_kind",
        "slice_value",
        "statistic",
        "value",
        "threshold",
        "window_end",
    )
    alerts = [row for row in read("alerts", *fired, "state") if row["state"] == "firing"]
    fault_time = datetime.fromisoformat(str(sender.progress.fault_time))
    return DemoResult(
        rows=sum(counts),
        logged_rows=_logged_rows(spool),
        sent_rows=sender.rows + sender.attack_rows,
        windows=len(counts),
        findings=len(findings),
        worst=_worst(findings, fault_time),
        alerts=sorted(alerts, key=itemgetter("window_start", "column_name")),
        celsius_rows=sum(
            row["window_end"] <= fault_time and "temp" in row["reason"]
            for row in read("outliers", "window_end", "reason")
        ),
        fault_time=fault_time,
        store=store,
        seconds=time.monotonic() - start_s,
    )


def _logged_rows(spool: Path) -> int:
    """Count the predictions in the log; an event that was delivered twice counts once."""
    log = SpoolLog(fs.LocalFileSystem(), str(spool))
    events = (batch for part in log.parts(log.first(), log.last(), _PART_BYTES) for batch in log.read(part))
    decoded = pa.Table.from_batches((each.rows() for batch in events for each in decode_events(batch)), DECODED)
    answers = decoded.filter((pc.field("event_type") == "response") & (pc.field("instance") >= 0))
    return int(answers.group_by(["event_id", "instance"]).aggregate([]).num_rows)


def _worst(findings: list[dict[str, Any]], fault_time: datetime) -> list[dict[str, Any]]:
    shares: dict[tuple[str, str], list[float]] = {}
    for row in findings:
        # Other findings have no share: the first and the last window have few rows.
        if row["status"] in {"ok", "drift", "over_limit"}:
            reached = shares.setdefault((row["column_name"], row["statistic"]), [0.0, 0.0])
            is_after = row["window_end"] > fault_time
            reached[is_after] = max(reached[is_after], row["value"] / row["threshold"])
    worst: dict[str, dict[str, Any]] = {}
    for (column, statistic), (before, after) in sorted(shares.items(), key=lambda each: (-each[1][1], each[0])):
        worst.setdefault(column, {"column_name": column, "statistic": statistic, "before": before, "after": after})
    return [*worst.values()]

"""The status of a monitor as Prometheus' metric families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from sparkmon.health.health_checks import HealthCheck
from sparkmon.health.monitor_status import MonitorStatus

_PREFIX = "sparkmon_monitor"
_GAUGES = {
    "query_active": ("is_active", "1 while the query runs."),
    "last_batch_timestamp_seconds": ("last_batch_time", "When the last batch ended."),
    "last_batch_duration_seconds": ("last_batch_s", "How long the last batch took."),
    "last_events_timestamp_seconds": ("last_events_time", "When the last batch with events ended."),
    "topic_records_behind": ("behind", "Records that wait in the partition with most."),
}
_COUNTERS = {
    "batches": ("batches", "Batches since the process started."),
    "events": ("events", "Events read since the process started, redelivered ones included."),
}
"""Metric of the query: its attribute, and what it means."""


def families(now: MonitorStatus, checks: Iterable[HealthCheck]) -> Iterator[Metric]:
    """Return all metrics as they are now."""
    yield from _of_query(now)
    yield from _of_windows(now)
    yield from _of_models(now)
    yield from _of_alerts(now)
    failing = _gauge(
        "health_check_failing", "1 while this check of the monitor's health fails.", "name"
    )
    for check in checks:
        failing.add_metric([check.name], float(check.failing))
    yield failing


def _of_query(now: MonitorStatus) -> Iterator[Metric]:
    for make, metrics in ((GaugeMetricFamily, _GAUGES), (CounterMetricFamily, _COUNTERS)):
        for name, (attribute, text) in metrics.items():
            metric = make(f"{_PREFIX}_{name}", text, labels=[])
            value = getattr(now.query, attribute)
            if value is not None:
                is_time = isinstance(value, datetime)
                metric.add_metric([], value.timestamp() if is_time else float(value))
            yield metric


def _of_windows(now: MonitorStatus) -> Iterator[Metric]:
    yield GaugeMetricFamily(f"{_PREFIX}_open_windows", "Windows that are open.", now.open_windows)
    counts = {
        "ingested_rows": ("Rows that were read, late ones included.", now.rows),
        "late_rows": ("Rows that came after their windows had closed.", now.late_rows),
        "pooled_values": ("Values that were pooled as (other).", now.pooled_values),
        "redelivered_events": ("Events that were read before.", now.redelivered_events),
    }
    for name, (text, count) in counts.items():
        yield CounterMetricFamily(f"{_PREFIX}_{name}", text, count)
    watermarks = _gauge(
        "watermark_timestamp_seconds", "Windows of a model that end before it have closed.", "model"
    )
    for model, time in now.watermarks.items():
        watermarks.add_metric([model], time.timestamp())
    yield watermarks


def _of_models(now: MonitorStatus) -> Iterator[Metric]:
    dead_letters = CounterMetricFamily(
        f"{_PREFIX}_dead_letters", "Events that could not be decoded.", labels=["condition"]
    )
    for condition, count in now.dead_letters.items():
        dead_letters.add_metric([condition], count)
    yield dead_letters
    last = _gauge("last_window_timestamp_seconds", "The end of a model's last window.", "model")
    unpaired = _gauge(
        "unpaired_rows", "Rows with an input and no prediction, or the reverse.", "model"
    )
    rows = CounterMetricFamily(
        f"{_PREFIX}_rows", "Rows in closed windows.", labels=["model", "type"]
    )
    for model, traffic in now.traffic.items():
        last.add_metric([model], traffic.last_end.timestamp())
        unpaired.add_metric([model], traffic.unpaired)
        rows.add_metric([model, "request"], traffic.requests)
        rows.add_metric([model, "response"], traffic.responses)
    yield from (last, unpaired, rows)


def _of_alerts(now: MonitorStatus) -> Iterator[Metric]:
    waiting = _gauge("notifications_waiting", "Notifications still to be delivered.", "sink")
    failing = _gauge(
        "sink_failing", "1 while the last attempt of a sink to deliver failed.", "sink"
    )
    for sink, count in now.waiting.items():
        waiting.add_metric([sink], count)
        failing.add_metric([sink], float(sink in now.failing_since))
    incidents = GaugeMetricFamily(
        f"{_PREFIX}_open_incidents", "Incidents that are open.", labels=["model", "severity"]
    )
    for (model, severity), count in now.open_incidents.items():
        incidents.add_metric([model, severity], count)
    yield from (waiting, failing, incidents)


def _gauge(name: str, text: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", text, labels=[label])

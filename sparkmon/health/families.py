"""The status of a monitor as Prometheus' metric families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from sparkmon.health.health_checks import HealthCheck
from sparkmon.health.monitor_status import MonitorStatus

__all__ = ["families"]

_PREFIX = "sparkmon_monitor"
_GAUGES = {
    "query_active": ("is_active", "1 while the query runs."),
    "last_batch_timestamp_seconds": ("last_batch_time", "When the last batch ended."),
    "last_batch_duration_seconds": ("last_batch_s", "How long the last batch took."),
    "last_events_timestamp_seconds": ("last_events_time", "When the last batch with events ended."),
    "watermark_timestamp_seconds": ("watermark", "Events before this time are late."),
    "newest_event_timestamp_seconds": ("newest_event_time", "The time of the newest event."),
    "state_rows": (
        "state_rows",
        "Rows of state, for open windows and for recognising redelivered events.",
    ),
    "state_bytes": ("state_bytes", "Memory that the state uses, in bytes."),
    "topic_records_behind": ("behind", "Records that wait in the partition with most."),
}
_COUNTERS = {
    "batches": ("batches", "Batches since the process started."),
    "events": ("events", "Events read since the process started, redelivered ones included."),
    "late_events": ("late", "Events that came too late for their window."),
    "duplicate_events": ("duplicates", "Redelivered events."),
}
"""Metric of a query: its attribute, and what it means."""


def families(now: MonitorStatus, checks: Iterable[HealthCheck]) -> Iterator[Metric]:
    """Return all metrics as they are now."""
    yield from _of_queries(now)
    yield from _of_models(now)
    yield from _of_alerts(now)
    failing = _gauge(
        "health_check_failing", "1 while this check of the monitor's health fails.", "name"
    )
    for check in checks:
        failing.add_metric([check.name], float(check.failing))
    yield failing


def _of_queries(now: MonitorStatus) -> Iterator[Metric]:
    for make, metrics in ((GaugeMetricFamily, _GAUGES), (CounterMetricFamily, _COUNTERS)):
        for name, (attribute, text) in metrics.items():
            metric = make(f"{_PREFIX}_{name}", text, labels=["query"])
            for query in now.queries.values():
                value = getattr(query, attribute)
                if value is not None:
                    number = value.timestamp() if isinstance(value, datetime) else float(value)
                    metric.add_metric([query.name], number)
            yield metric


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

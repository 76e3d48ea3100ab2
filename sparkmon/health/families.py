"""The status of a monitor as Prometheus' metric families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from sparkmon.health.health_checks import HealthCheck
from sparkmon.health.monitor_status import MonitorStatus

__all__ = ["families"]

_PREFIX = "sparkmon_monitor"


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
    gauges = {
        "query_active": "1 while the query runs.",
        "last_batch_timestamp_seconds": "When the last batch ended.",
        "last_batch_duration_seconds": "How long the last batch took.",
        "last_events_timestamp_seconds": "When the last batch with events ended.",
        "watermark_timestamp_seconds": "Events before this time are late.",
        "newest_event_timestamp_seconds": "The time of the newest event.",
        "state_rows": "Rows of state, for open windows and for recognising redelivered events.",
        "state_bytes": "Memory that the state uses, in bytes.",
        "topic_records_behind": "Records that wait in the partition with most.",
    }
    counters = {
        "batches": "Batches since the process started.",
        "events": "Events read since the process started, redelivered ones included.",
        "late_events": "Events that came too late for their window.",
        "duplicate_events": "Redelivered events.",
    }
    metrics: dict[str, Metric] = {
        name: _gauge(name, text, "query") for name, text in gauges.items()
    }
    metrics |= {
        name: CounterMetricFamily(f"{_PREFIX}_{name}", text, labels=["query"])
        for name, text in counters.items()
    }
    for query in now.queries.values():
        values = {
            "query_active": float(query.is_active),
            "last_batch_timestamp_seconds": query.last_batch_time,
            "last_batch_duration_seconds": query.last_batch_s,
            "last_events_timestamp_seconds": query.last_events_time,
            "watermark_timestamp_seconds": query.watermark,
            "newest_event_timestamp_seconds": query.newest_event_time,
            "state_rows": query.state_rows,
            "state_bytes": query.state_bytes,
            "topic_records_behind": query.behind,
            "batches": query.batches,
            "events": query.events,
            "late_events": query.late,
            "duplicate_events": query.duplicates,
        }
        for name, value in values.items():
            if value is not None:
                number = value if isinstance(value, int | float) else value.timestamp()
                metrics[name].add_sample(
                    _sample(metrics[name]), {"query": query.name}, float(number)
                )
    yield from metrics.values()


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


def _sample(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name

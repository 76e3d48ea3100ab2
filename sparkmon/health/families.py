"""A monitor's vitals as Prometheus' metric families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from sparkmon.health.symptoms import Symptom
from sparkmon.health.vitals import Vitals

__all__ = ["families"]

_PREFIX = "sparkmon_monitor"


def families(now: Vitals, symptoms: Iterable[Symptom]) -> Iterator[Metric]:
    """Give all metrics as they are now."""
    yield from _of_queries(now)
    yield from _of_models(now)
    yield from _of_alerts(now)
    ill = _gauge("symptom", "1 while the monitor is not well in this respect.", "name")
    for symptom in symptoms:
        ill.add_metric([symptom.name], float(symptom.is_ill))
    yield ill


def _of_queries(now: Vitals) -> Iterator[Metric]:
    gauges = {
        "query_active": "1 while the query runs.",
        "last_batch_timestamp_seconds": "When the last batch ended.",
        "last_batch_duration_seconds": "How long the last batch took.",
        "last_events_timestamp_seconds": "When the last batch with events ended.",
        "watermark_timestamp_seconds": "Events before this time are late.",
        "newest_event_timestamp_seconds": "The time of the newest event.",
        "state_rows": "Rows of state that are held for open windows and for telling redelivered events.",
        "state_bytes": "Memory that the state uses, in bytes.",
        "topic_records_behind": "Records that wait, of the partition with most.",
    }
    counters = {
        "batches": "Batches since the process started.",
        "events": "Events read since the process started, redelivered ones included.",
        "late_events": "Events that came too late for their window.",
        "duplicate_events": "Events that had come before.",
    }
    found: dict[str, Metric] = {name: _gauge(name, text, "query") for name, text in gauges.items()}
    found |= {
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
                found[name].add_sample(_sample(found[name]), {"query": query.name}, float(number))
    yield from found.values()


def _of_models(now: Vitals) -> Iterator[Metric]:
    letters = CounterMetricFamily(
        f"{_PREFIX}_dead_letters", "Events that could not be decoded.", labels=["condition"]
    )
    for condition, count in now.dead_letters.items():
        letters.add_metric([condition], count)
    yield letters
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


def _of_alerts(now: Vitals) -> Iterator[Metric]:
    waiting = _gauge("notifications_waiting", "Notifications still to be delivered.", "sink")
    failing = _gauge("sink_failing", "1 while the last attempt of a sink has failed.", "sink")
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

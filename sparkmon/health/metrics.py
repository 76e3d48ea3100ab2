"""A monitor's health for Prometheus to scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from sparkmon.errors import OptionError
from sparkmon.health.health_checks import HealthCheck
from sparkmon.health.status import MonitorStatus

_GAUGES = {
    "query_active": ("query.is_active", "1 while the query runs."),
    "last_batch_timestamp_seconds": ("query.last_batch_time", "When the last batch ended."),
    "last_batch_duration_seconds": ("query.last_batch_s", "How long the last batch took."),
    "last_events_timestamp_seconds": (
        *("query.last_events_time", "When the last batch with events ended."),
    ),
    "topic_records_behind": ("query.behind", "Records that wait in the partition with most."),
    "open_windows": ("counts.open_windows", "Windows that are open."),
    "watermark_timestamp_seconds": (
        *("counts.watermarks", "Windows of a model that end before it have closed.", "model"),
    ),
    "notifications_waiting": ("waiting", "Notifications still to be delivered.", "sink"),
    "open_incidents": ("open_incidents", "Incidents that are open.", "model", "severity"),
}
_COUNTERS = {
    "batches": ("query.batches", "Batches since the process started."),
    "events": (
        *("query.events", "Events read since the process started, redelivered ones included."),
    ),
    "ingested_rows": ("counts.rows", "Rows that were read, late ones included."),
    "late_rows": ("counts.late_rows", "Rows that came after their windows had closed."),
    "pooled_values": ("counts.pooled_values", "Values that were pooled as (other)."),
    "redelivered_events": ("counts.redelivered_events", "Events that were read before."),
    "dead_letters": (*("counts.dead_letters", "Events that could not be decoded.", "condition"),),
}
"""By a metric's name: where a status has it (a value, or values by those of the labels), what it means, its labels."""


class HealthMetrics:
    """Serves ``/metrics`` until it is stopped; ``status`` and ``checks`` are called at every scrape.

    Raises
    ------
    OptionError
        The port is taken or not allowed; 0 takes a free one.
    """

    def __init__(
        self,
        status: Callable[[], MonitorStatus],
        checks: Callable[[], list[HealthCheck]],
        *,
        port: int,
        host: str,
    ) -> None:
        self._status, self._checks = status, checks
        registry = CollectorRegistry()
        registry.register(self)
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except OSError as error:
            raise OptionError(
                f"cannot serve metrics on {host}:{port}: {error.strerror}; choose another port"
            ) from error
        self.port = int(self._server.server_port)

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def collect(self) -> Iterator[Metric]:
        """Return all metrics as they are now."""
        return families(self._status(), self._checks())

    def describe(self) -> list[Metric]:
        """Return nothing: otherwise prometheus_client would collect from the monitor when it registers."""
        return []


def families(now: MonitorStatus, checks: Iterable[HealthCheck]) -> Iterator[Metric]:
    """Return all metrics of a status."""
    for name, (attribute, text, *labels) in _GAUGES.items():
        yield _gauge(name, text, attrgetter(attribute)(now), *labels)
    for name, (attribute, text, *labels) in _COUNTERS.items():
        yield _counter(name, text, attrgetter(attribute)(now), *labels)
    traffic = now.counts.traffic.items()
    ends = {model: each.last_end for model, each in traffic}
    unpaired = {model: each.unpaired for model, each in traffic}
    rows = {(model, "request"): each.requests for model, each in traffic}
    rows |= {(model, "response"): each.responses for model, each in traffic}
    text = "The end of a model's last window."
    yield _gauge("last_window_timestamp_seconds", text, ends, "model")
    text = "Rows with an input and no prediction, or the reverse."
    yield _gauge("unpaired_rows", text, unpaired, "model")
    yield _counter("rows", "Rows in closed windows.", rows, "model", "type")
    text = "1 while the last attempt of a sink to deliver failed."
    failing = {sink: sink in now.failing_since for sink in now.waiting}
    yield _gauge("sink_failing", text, failing, "sink")
    text = "1 while this check of the monitor's health fails."
    failing = {check.name: check.failing for check in checks}
    yield _gauge("health_check_failing", text, failing, "name")


def _gauge(name: str, text: str, samples: object, *labels: str) -> Metric:
    """Make a gauge of one value, or of values by those of the labels; None is none yet."""
    return _filled(GaugeMetricFamily(f"sparkmon_monitor_{name}", text, labels=labels), samples)


def _counter(name: str, text: str, samples: object, *labels: str) -> Metric:
    return _filled(CounterMetricFamily(f"sparkmon_monitor_{name}", text, labels=labels), samples)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, samples: object) -> Metric:
    values: Mapping[Any, Any] = samples if isinstance(samples, Mapping) else {(): samples}
    for labels, value in values.items():
        if value is not None:
            number = value.timestamp() if isinstance(value, datetime) else float(value)
            family.add_metric([labels] if isinstance(labels, str) else labels, number)
    return family

"""A monitor's health for Prometheus to scrape."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from sparkmon.alerts.health import HealthCheck
from sparkmon.errors import OptionError
from sparkmon.health.status import MonitorStatus


class HealthMetrics:
    """Serves ``/metrics`` until it is stopped; ``status`` and ``checks`` are called at every scrape.

    Raises
    ------
    OptionError
        The port is taken or not allowed; 0 takes a free one.
    """

    def __init__(
        self, status: Callable[[], MonitorStatus], checks: Callable[[], list[HealthCheck]], *, port: int, host: str
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
    query, counts, traffic = now.query, now.counts, now.counts.traffic
    yield _gauge("query_active", "1 while the query runs.", query.is_active)
    yield _gauge("last_batch_timestamp_seconds", "When the last batch ended.", query.last_batch_time)
    yield _gauge("last_batch_duration_seconds", "How long the last batch took.", query.last_batch_s)
    text = "When the last batch with events ended."
    yield _gauge("last_events_timestamp_seconds", text, query.last_events_time)
    text = "Records that wait in the partition with most."
    yield _gauge("topic_records_behind", text, query.behind)
    yield _gauge("open_windows", "Windows that are open.", counts.open_windows)
    text = "Windows of a model that end before it have closed."
    yield _gauge("watermark_timestamp_seconds", text, counts.watermarks, "model")
    text = "Notifications still to be delivered."
    yield _gauge("notifications_waiting", text, now.waiting, "sink")
    text = "Incidents that are open."
    yield _gauge("open_incidents", text, now.open_incidents, "model", "severity")
    yield _counter("batches", "Batches since the process started.", query.batches)
    text = "Events read since the process started, redelivered ones included."
    yield _counter("events", text, query.events)
    yield _counter("ingested_rows", "Rows that were read, late ones included.", counts.rows)
    text = "Rows that came after their windows had closed."
    yield _counter("late_rows", text, counts.late_rows)
    yield _counter("pooled_values", "Values that were pooled as (other).", counts.pooled_values)
    text = "Rows of models of another monitor."
    yield _counter("skipped_rows", text, counts.skipped_rows, "model")
    text = "Events that were read before."
    yield _counter("redelivered_events", text, counts.redelivered_events)
    text = "Events that could not be decoded."
    yield _counter("dead_letters", text, counts.dead_letters, "condition")
    ends = {model: each.last_end for model, each in traffic.items()}
    yield _gauge("last_window_timestamp_seconds", "The end of a model's last window.", ends, "model")
    unpaired = {model: each.unpaired for model, each in traffic.items()}
    text = "Rows with an input and no prediction, or the reverse."
    yield _gauge("unpaired_rows", text, unpaired, "model")
    rows = {(model, "request"): each.requests for model, each in traffic.items()}
    rows |= {(model, "response"): each.responses for model, each in traffic.items()}
    yield _counter("rows", "Rows in closed windows.", rows, "model", "type")
    text = "1 while the last attempt of a sink to deliver failed."
    failing = {sink: sink in now.failing for sink in now.waiting}
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

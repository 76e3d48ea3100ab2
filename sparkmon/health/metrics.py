"""A monitor's health for Prometheus to scrape."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from sparkmon.alerts.health import HealthCheck
from sparkmon.errors import OptionError
from sparkmon.health.status import MonitorStatus

_EXCESS = (
    "How far a column was beyond what is allowed in its model's last window, from 1 on; the 20 furthest of each model."
)


class HealthMetrics:
    """Serves ``/metrics`` until it is stopped; ``status`` and ``checks`` are called at every scrape.

    Raises OptionError: the port is taken or not allowed; 0 takes a free one.
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
    gauge, counter = GaugeMetricFamily, CounterMetricFamily
    ends = {model: each.last_end for model, each in traffic.items()}
    unpaired = {model: each.unpaired for model, each in traffic.items()}
    rows = {(model, "request"): each.requests for model, each in traffic.items()}
    rows |= {(model, "response"): each.responses for model, each in traffic.items()}
    sinks = {sink: sink in now.failing for sink in now.waiting}
    failing = {check.name: check.failing for check in checks}
    drifted = {model: each.drifted for model, each in counts.verdicts.items()}
    excess = {(model, name): each for model, own in counts.verdicts.items() for name, each in own.excess.items()}
    metrics: list[tuple[Any, ...]] = [
        (gauge, "query_active", "1 while the query runs.", query.is_active),
        (gauge, "last_batch_timestamp_seconds", "When the last batch ended.", query.last_batch_time),
        (gauge, "last_batch_duration_seconds", "How long the last batch took.", query.last_batch_s),
        (gauge, "last_events_timestamp_seconds", "When the last batch with events ended.", query.last_events_time),
        (gauge, "topic_records_behind", "Records that wait in the partition with most.", query.behind),
        (gauge, "open_windows", "Windows that are open.", counts.open_windows),
        (gauge, "watermark_timestamp_seconds", "Windows that end before it have closed.", counts.watermarks, "model"),
        (gauge, "notifications_waiting", "Notifications still to be delivered.", now.waiting, "sink"),
        (gauge, "open_incidents", "Incidents that are open.", now.open_incidents, "model", "severity"),
        (counter, "batches", "Batches since the process started.", query.batches),
        (counter, "events", "Events read since the process started, redelivered ones included.", query.events),
        (counter, "ingested_rows", "Rows that were read, late ones included.", counts.rows),
        (counter, "late_rows", "Rows that came after their windows had closed.", counts.late_rows),
        (counter, "pooled_values", "Values that were pooled as (other).", counts.pooled_values),
        (counter, "skipped_rows", "Rows of models of another monitor.", counts.skipped_rows, "model"),
        (counter, "redelivered_events", "Events that were read before.", counts.redelivered_events),
        (counter, "dead_letters", "Events that could not be decoded.", counts.dead_letters, "condition"),
        (gauge, "last_window_timestamp_seconds", "The end of a model's last window.", ends, "model"),
        (gauge, "unpaired_rows", "Rows with an input and no prediction, or the reverse.", unpaired, "model"),
        (counter, "rows", "Rows in closed windows.", rows, "model", "type"),
        (gauge, "drifted_columns", "Columns with confirmed drift in a model's last window.", drifted, "model"),
        (gauge, "column_excess_ratio", _EXCESS, excess, "model", "column"),
        (gauge, "sink_failing", "1 while the last attempt of a sink to deliver failed.", sinks, "sink"),
        (gauge, "health_check_failing", "1 while this check of the monitor's health fails.", failing, "name"),
    ]
    for family, name, text, samples, *labels in metrics:
        yield _filled(family(f"sparkmon_monitor_{name}", text, labels=labels), samples)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, samples: object) -> Metric:
    """Add one value, or values by those of the labels; None is none yet."""
    values: Mapping[Any, Any] = samples if isinstance(samples, Mapping) else {(): samples}
    for labels, value in values.items():
        if value is not None:
            number = value.timestamp() if isinstance(value, datetime) else float(value)
            family.add_metric([labels] if isinstance(labels, str) else labels, number)
    return family

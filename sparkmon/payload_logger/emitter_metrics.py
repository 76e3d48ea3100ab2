"""An emitter's counts as Prometheus metrics."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sparkmon.payload_logger.event_emitter import EventEmitter

_PREFIX = "sparkmon_emitter"
_METRICS = {
    "emitted": (CounterMetricFamily, "emitted", "Calls of emit."),
    "delivered": (CounterMetricFamily, "delivered", "Events that the sink acknowledged."),
    "retried": (CounterMetricFamily, "retried", "Events sent again, each time counted."),
    "queued_events": (GaugeMetricFamily, "queued", "Events that wait or are in flight."),
    "queued_bytes": (GaugeMetricFamily, "queued_bytes", "Their headers and bodies."),
}
"""Name to kind, attribute of the counts, and what it is."""


class EmitterMetrics(Collector):
    """Collects an emitter's counts when the metrics are scraped.

    ``prometheus_client.REGISTRY.register(EmitterMetrics(emitter))`` adds them to kserve's ``/metrics``; the transformer
    does so for ``--log_url``.

    >>> from prometheus_client import CollectorRegistry
    >>> registry = CollectorRegistry()
    >>> registry.register(EmitterMetrics(EventEmitter("http://127.0.0.1:9/")))
    >>> registry.get_sample_value("sparkmon_emitter_emitted_total")
    0
    """

    def __init__(self, emitter: EventEmitter) -> None:
        self._emitter = emitter

    def collect(self) -> Iterator[Metric]:
        """Return the current metrics."""
        counts = self._emitter.counts()
        for name, (family, attribute, text) in _METRICS.items():
            yield family(f"{_PREFIX}_{name}", text, getattr(counts, attribute))
        dropped = CounterMetricFamily(f"{_PREFIX}_dropped", "Events that were dropped, by reason.", labels=["reason"])
        for reason, count in sorted(counts.dropped.items()):
            dropped.add_metric([reason], count)
        yield dropped

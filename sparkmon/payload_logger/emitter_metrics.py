"""An emitter's counts as Prometheus metrics."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sparkmon.payload_logger.event_emitter import EventEmitter

_COUNTERS = {
    "emitted": "Calls of emit.",
    "delivered": "Events that the sink acknowledged.",
    "retried": "Events sent again, each time counted.",
}


class EmitterMetrics(Collector):
    """Collects an emitter's counts when the metrics are scraped.

    Parameters
    ----------
    emitter : EventEmitter
        The emitter to report.

    Notes
    -----
    ``prometheus_client.REGISTRY.register(EmitterMetrics(emitter))`` adds them to kserve's ``/metrics``; the transformer
    does so for ``--log_url``.

    Examples
    --------
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
        for name, text in _COUNTERS.items():
            yield CounterMetricFamily(f"sparkmon_emitter_{name}", text, getattr(counts, name))
        yield GaugeMetricFamily(
            *("sparkmon_emitter_queued_events", "Events that wait or are in flight."), counts.queued
        )
        yield GaugeMetricFamily(
            *("sparkmon_emitter_queued_bytes", "Their headers and bodies."), counts.queued_bytes
        )
        dropped = CounterMetricFamily(
            "sparkmon_emitter_dropped", "Events that were dropped, by reason.", labels=["reason"]
        )
        for reason, count in sorted(counts.dropped.items()):
            dropped.add_metric([reason], count)
        yield dropped

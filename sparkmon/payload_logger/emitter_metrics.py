"""An emitter's counts as Prometheus metrics."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sparkmon.payload_logger.event_emitter import EventEmitter

__all__ = ["EmitterMetrics"]


class EmitterMetrics(Collector):
    """Reads an emitter's counts whenever the metrics are read.

    Parameters
    ----------
    emitter : EventEmitter
        Whose counts they are.

    Notes
    -----
    ``prometheus_client.REGISTRY.register(EmitterMetrics(emitter))`` puts them at kserve's ``/metrics``.

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
        """Give the metrics of this moment."""
        now = self._emitter.counts()
        yield CounterMetricFamily(
            "sparkmon_emitter_emitted", "Events given to the emitter.", now.emitted
        )
        yield CounterMetricFamily(
            "sparkmon_emitter_delivered", "Events that the sink acknowledged.", now.delivered
        )
        dropped = CounterMetricFamily(
            "sparkmon_emitter_dropped", "Events given up, by reason.", labels=["reason"]
        )
        for reason, count in sorted(now.dropped.items()):
            dropped.add_metric([reason], count)
        yield dropped
        yield CounterMetricFamily(
            "sparkmon_emitter_retried", "Events sent once more; each time counts.", now.retried
        )
        yield GaugeMetricFamily(
            "sparkmon_emitter_queued_events", "Events waiting or under way.", now.queued
        )
        yield GaugeMetricFamily(
            "sparkmon_emitter_queued_bytes", "Their headers and bodies.", now.queued_bytes
        )

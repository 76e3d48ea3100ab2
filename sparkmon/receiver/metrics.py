"""The receiver's Prometheus metrics, in a registry of its own so that two receivers fit in one process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_MS = 1e-3


class ReceiverMetrics:
    """Counters of one receiver, served at ``/metrics``.

    Examples
    --------
    >>> metrics = ReceiverMetrics()
    >>> metrics.refused.labels("not_a_cloudevent").inc()
    >>> metrics.registry.get_sample_value("sparkmon_receiver_refused_total", {"reason": "not_a_cloudevent"})
    1.0
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "sparkmon_receiver_events",
            "Events stored and acknowledged, by type: request, response or other.",
            ["type"],
            registry=self.registry,
        )
        self.dead_letters = Counter(
            "sparkmon_receiver_dead_letters",
            "Those of the stored events that are broken CloudEvents.",
            ["condition"],
            registry=self.registry,
        )
        self.paired = Counter(
            "sparkmon_receiver_paired",
            "Responses stored together with their request's body.",
            registry=self.registry,
        )
        self.refused = Counter(
            "sparkmon_receiver_refused",
            "Requests answered with 4xx or 503, by reason; KServe's logger does not send these again.",
            ["reason"],
            registry=self.registry,
        )
        self.received_bytes = Counter(
            "sparkmon_receiver_bytes",
            "Bodies of the stored events, in bytes.",
            registry=self.registry,
        )
        self.commit_seconds = Histogram(
            "sparkmon_receiver_commit_seconds",
            "One group commit: encode, write and fsync.",
            buckets=[ms * _MS for ms in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)],
            registry=self.registry,
        )
        self.commit_events = Histogram(
            "sparkmon_receiver_commit_events",
            "Events in one group commit.",
            buckets=[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000],
            registry=self.registry,
        )
        self.spool_bytes = Gauge(
            "sparkmon_receiver_spool_bytes", "All segments together.", registry=self.registry
        )
        self.connections = Gauge(
            "sparkmon_receiver_connections", "Connections open now.", registry=self.registry
        )
        self.pending_events = Gauge(
            "sparkmon_receiver_pending_events",
            "Events received and not yet on disk.",
            registry=self.registry,
        )

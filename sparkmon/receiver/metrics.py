"""The receiver's Prometheus metrics, in a registry of its own so that two receivers fit in one process."""

import math
import time
from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)

_FULL = frozenset({"connections", "pending_full"})
_RECENT_S = 60.0
_LOSS_S = 3600.0


class ReceiverMetrics:
    """Counters of one receiver, served at ``/metrics``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_time = self._loss_time = -math.inf
        self.registry = CollectorRegistry()
        counter = partial(Counter, namespace="sparkmon_receiver", registry=self.registry)
        gauge = partial(Gauge, namespace="sparkmon_receiver", registry=self.registry)
        histogram = partial(Histogram, namespace="sparkmon_receiver", registry=self.registry)
        self.events = counter(
            "events", "Events stored and acknowledged, by type: request, response or other.", ["type"]
        )
        self.dead_letters = counter(
            "dead_letters", "Those of the stored events that are broken CloudEvents.", ["condition"]
        )
        self.paired = counter("paired", "Responses stored together with their request's body.")
        self.refused = counter(
            "refused",
            "Requests answered with 4xx or 503, by reason; KServe's logger does not send these again.",
            ["reason"],
        )
        self.received_bytes = counter("bytes", "Bodies of the stored events, in bytes.")
        self.commit_seconds = histogram(
            "commit_seconds",
            "One group commit: encode, write and fsync.",
            buckets=[milliseconds / 1e3 for milliseconds in _STEPS],
        )
        self.commit_events = histogram("commit_events", "Events in one group commit.", buckets=_STEPS)
        self.spool_bytes = gauge("spool_bytes", "All segments together.")
        self.unread_bytes = gauge(
            "unread_bytes", "Those that some query has not read yet; all, where none has left a note in the spool."
        )
        self.unread_removed = counter(
            "unread_bytes_removed", "Bytes of segments that were removed before every query had read them."
        )
        self.full_in_hours = gauge(
            "full_in_hours",
            "When unread segments go, or the disk is full, at the rate of the last hour if nothing more is read.",
        )
        self.full_in_hours.set(math.inf)
        self.connections = gauge("connections", "Connections open now.")
        self.pending_events = gauge("pending_events", "Events received and not yet on disk.")

    def refuse(self, reason: str) -> None:
        """Count a request that is refused."""
        self.refused.labels(reason).inc()
        if reason in _FULL:
            self._full_time = self._clock()

    def lose(self, size: int) -> None:
        """Count what was removed unread."""
        self.unread_removed.inc(size)
        self._loss_time = self._clock()

    @property
    def has_lost(self) -> bool:
        """Whether unread events were removed within the last hour."""
        return self._clock() - self._loss_time < _LOSS_S

    @property
    def was_full(self) -> bool:
        """Whether a request was refused for want of room within the last minute."""
        return self._clock() - self._full_time < _RECENT_S

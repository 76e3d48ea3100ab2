"""The status of a running monitor: its queries, traffic, deliveries and incidents."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.alerts import AlertManager
from sparkmon.health.counters import Counters, Traffic
from sparkmon.health.query_status import QueryStatus, read_status

__all__ = ["MonitorStatus", "StatusReader"]


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """A monitor at one moment."""

    time: datetime
    started_time: datetime
    may_end: bool = False
    """Whether the queries end by themselves once all is processed."""
    queries: Mapping[str, QueryStatus] = field(default_factory=dict)
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    """Since the start, by condition."""
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    """By model."""
    waiting: Mapping[str, int] = field(default_factory=dict)
    """Notifications that are still to be delivered, by sink."""
    failing_since: Mapping[str, datetime] = field(default_factory=dict)
    """Sinks whose last attempt failed, and since when all do."""
    open_incidents: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By model and severity."""

    def query(self, name: str) -> QueryStatus:
        """Return the status of a query; one that does not exist has run no batch."""
        return self.queries.get(name) or QueryStatus(name)


class StatusReader:
    """Reads the status of a running monitor.

    Parameters
    ----------
    queries : mapping of str to StreamingQuery
        By their names.
    counters : Counters
        What the writers count.
    alerts : AlertManager
        Delivers notifications.
    may_end : bool
        See :class:`MonitorStatus`.
    """

    def __init__(
        self,
        queries: Mapping[str, StreamingQuery],
        counters: Counters,
        alerts: AlertManager,
        *,
        may_end: bool = False,
    ) -> None:
        self._may_end = may_end
        self._queries, self._counters, self._alerts = dict(queries), counters, alerts
        self._started = datetime.now(timezone.utc)
        self._last = {name: QueryStatus(name) for name in queries}
        self._failing: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def read(self) -> MonitorStatus:
        """Read the status of every part."""
        with self._lock:
            now = datetime.now(timezone.utc)
            for name, query in self._queries.items():
                self._last[name] = read_status(query, self._last[name])
            dispatcher = self._alerts.dispatcher
            failing = [] if dispatcher is None else dispatcher.failing
            self._failing = {name: self._failing.get(name, now) for name in failing}
            return MonitorStatus(
                now,
                self._started,
                self._may_end,
                dict(self._last),
                self._counters.dead_letters,
                self._counters.traffic,
                {} if dispatcher is None else dispatcher.waiting,
                dict(self._failing),
                self._alerts.open_incidents(),
            )

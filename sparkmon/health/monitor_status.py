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


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """A monitor at one moment."""

    time: datetime
    started_time: datetime
    may_end: bool = False
    """Whether the query ends by itself once all is processed."""
    query: QueryStatus = field(default_factory=QueryStatus)
    rows: int = 0
    """Rows that were ingested since the start, late ones included."""
    late_rows: int = 0
    """Rows that came after their windows had closed, since the start."""
    pooled_values: int = 0
    """Values of columns and models that were pooled as ``(other)``, since the start."""
    redelivered_events: int = 0
    """Since the start."""
    open_windows: int = 0
    watermarks: Mapping[str, datetime] = field(default_factory=dict)
    """By model."""
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


class StatusReader:
    """Reads the status of a running monitor.

    Parameters
    ----------
    query : StreamingQuery
        The query that ingests events.
    counters : Counters
        What is counted.
    alerts : AlertManager
        Delivers notifications.
    may_end : bool
        See :class:`MonitorStatus`.
    """

    def __init__(
        self,
        query: StreamingQuery,
        counters: Counters,
        alerts: AlertManager,
        *,
        may_end: bool = False,
    ) -> None:
        self._may_end = may_end
        self._query, self._counters, self._alerts = query, counters, alerts
        self._started = datetime.now(timezone.utc)
        self._last = QueryStatus()
        self._failing: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def read(self) -> MonitorStatus:
        """Read the status of every part."""
        with self._lock:
            now = datetime.now(timezone.utc)
            self._last = read_status(self._query, self._last)
            dispatcher = self._alerts.dispatcher
            failing = [] if dispatcher is None else dispatcher.failing
            self._failing = {name: self._failing.get(name, now) for name in failing}
            counters = self._counters
            return MonitorStatus(
                time=now,
                started_time=self._started,
                may_end=self._may_end,
                query=self._last,
                rows=counters.rows,
                late_rows=counters.late_rows,
                pooled_values=counters.pooled_values,
                redelivered_events=counters.redelivered_events,
                open_windows=counters.open_windows,
                watermarks=counters.watermarks,
                dead_letters=counters.dead_letters,
                traffic=counters.traffic,
                waiting={} if dispatcher is None else dispatcher.waiting,
                failing_since=dict(self._failing),
                open_incidents=self._alerts.open_incidents(),
            )

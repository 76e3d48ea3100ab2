"""The status of a running monitor: its query, traffic, deliveries and incidents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sparkmon.health.counters import Counts
from sparkmon.health.query_status import QueryStatus


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """A monitor at one moment."""

    time: datetime
    started_time: datetime
    may_end: bool = False
    """Whether the query ends by itself once all is processed."""
    query: QueryStatus = field(default_factory=QueryStatus)
    counts: Counts = field(default_factory=Counts)
    waiting: Mapping[str, int] = field(default_factory=dict)
    """Notifications that are still to be delivered, by sink."""
    failing_since: Mapping[str, datetime] = field(default_factory=dict)
    """Sinks whose last attempt failed, and since when all do."""
    open_incidents: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By model and severity."""

"""How a running monitor is, all its parts together."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.alerts import AlertManager
from sparkmon.health.query_vitals import QueryVitals, read_vitals
from sparkmon.health.tally import Tally, Traffic

__all__ = ["Vitals", "VitalsReader"]


@dataclass(frozen=True, slots=True)
class Vitals:
    """A monitor at one moment."""

    time: datetime
    started_time: datetime
    may_end: bool = False
    """Whether the queries end by themselves once all is processed."""
    queries: Mapping[str, QueryVitals] = field(default_factory=dict)
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


class VitalsReader:
    """Looks at the parts of a running monitor.

    Parameters
    ----------
    queries : mapping of str to StreamingQuery
        By their names.
    tally : Tally
        What the writers count.
    alert_manager : AlertManager
        What delivers.
    may_end : bool
        See :class:`Vitals`.
    """

    def __init__(
        self,
        queries: Mapping[str, StreamingQuery],
        tally: Tally,
        alert_manager: AlertManager,
        *,
        may_end: bool = False,
    ) -> None:
        self._may_end = may_end
        self._queries, self._tally, self._alert_manager = dict(queries), tally, alert_manager
        self._started = datetime.now(timezone.utc)
        self._known = {name: QueryVitals(name) for name in queries}
        self._failing: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def look(self) -> Vitals:
        """Look at all of them."""
        with self._lock:
            now = datetime.now(timezone.utc)
            for name, query in self._queries.items():
                self._known[name] = read_vitals(query, self._known[name])
            dispatcher = self._alert_manager.dispatcher
            failing = [] if dispatcher is None else dispatcher.failing
            self._failing = {name: self._failing.get(name, now) for name in failing}
            return Vitals(
                now,
                self._started,
                self._may_end,
                dict(self._known),
                self._tally.dead_letters,
                self._tally.traffic,
                {} if dispatcher is None else dispatcher.waiting,
                dict(self._failing),
                self._alert_manager.open_incidents(),
            )

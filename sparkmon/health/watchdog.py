"""A thread on the driver that runs the health checks and raises alerts for those that fail."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.alerts import AlertManager
from sparkmon.health.counters import Counters
from sparkmon.health.health_checks import HealthCheck, check_health
from sparkmon.health.limits import HealthLimits
from sparkmon.health.metrics import HealthMetrics
from sparkmon.health.monitor_status import MonitorStatus, StatusReader
from sparkmon.schemas import OBSERVATIONS

MONITOR = ":monitor"
"""The model of alerts on the monitor itself."""

_LOGGER = logging.getLogger(__name__)
_POLL_S = 5.0
_HOUR = timedelta(hours=1)
_REPEAT = timedelta(minutes=10)
"""How often a failing check is reported again: the policy decides whether to notify."""


def health_writer(owner: str) -> str:
    """Return the writer of the health alerts of the monitor with this directory of checkpoints."""
    return f"{owner}/health"


class Watchdog:
    """Checks the health of a running monitor every five seconds.

    Parameters
    ----------
    query : StreamingQuery
        The query that ingests events.
    counters : Counters
        What is counted.
    alerts : AlertManager
        Opens and resolves incidents.
    limits : HealthLimits
        The thresholds.
    owner : str
        The directory of checkpoints: two monitors on one table have incidents of their own.
    may_end : bool
        Whether the query ends by itself once all is processed.

    Notes
    -----
    Over Spark Connect, a process of the server writes the batches: the metrics then lack dead letters and redelivered
    events. A driver that is killed raises no alert: Prometheus has to notice that its metrics
    are absent, or that ``last_batch_timestamp_seconds`` is old; the rules are in ``examples/prometheus``.
    """

    def __init__(
        self,
        query: StreamingQuery,
        counters: Counters,
        alerts: AlertManager,
        limits: HealthLimits,
        owner: str,
        *,
        may_end: bool,
    ) -> None:
        self._reader = StatusReader(query, counters, alerts, may_end=may_end)
        self._alerts, self._limits, self._owner = alerts, limits, owner
        self._past: deque[MonitorStatus] = deque()
        self._reported: dict[str, datetime] = {}
        self._last: datetime | None = None
        self.checks: list[HealthCheck] = []
        """The latest health checks."""
        self._metrics: HealthMetrics | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sparkmon watchdog", daemon=True)
        self._thread.start()

    def status(self) -> MonitorStatus:
        """Return the monitor's status."""
        return self._reader.read()

    def serve(self, port: int, host: str = "127.0.0.1") -> HealthMetrics:
        """Serve metrics until the watchdog is stopped; see :class:`sparkmon.health.HealthMetrics`."""
        self._metrics = HealthMetrics(self.status, lambda: self.checks, port=port, host=host)
        return self._metrics

    def stop(self) -> None:
        """Check once more, because a query may just have failed, and stop."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._thread.join()
        try:
            self._check(at_end=True)
        except Exception:
            # What ended the monitor may prevent this write, too; it is raised elsewhere.
            _LOGGER.warning("could not write the alert on what ended the monitor", exc_info=True)
        if self._metrics is not None:
            self._metrics.stop()

    def _run(self) -> None:
        failing = False
        while True:
            try:
                self._check()
                failing = False
            except Exception:
                # The watchdog must not end before the monitor.
                if not failing:
                    _LOGGER.warning(
                        "could not check the monitor's health; trying on", exc_info=True
                    )
                failing = True
            if self._stopped.wait(_POLL_S):
                return

    def _check(self, *, at_end: bool = False) -> None:
        now = self.status()
        if at_end and now.query.error is None:
            return  # it was stopped, which is no failure
        self._past.append(now)
        while len(self._past) > 1 and self._past[1].time <= now.time - _HOUR:
            self._past.popleft()
        self.checks = check_health(now, self._past[0], self._limits)
        has_run = now.query.batches > 0
        rows = [
            self._row(check, now.time)
            for check in self.checks
            if self._is_due(check, now.time, has_run=has_run)
        ]
        if rows:
            self._alerts.process_observations(rows, writer=health_writer(self._owner))
        self._last = now.time

    def _is_due(self, check: HealthCheck, now: datetime, *, has_run: bool) -> bool:
        is_open = self._alerts.is_unsettled(self._incident_id(check.name))
        if not check.failing:
            # Before the first batch no check has recovered.
            return has_run and is_open
        reported = self._reported.get(check.name)
        if is_open and reported is not None and now - reported < _REPEAT:
            return False
        self._reported[check.name] = now
        return True

    def _incident_id(self, name: str) -> str:
        return _digest(MONITOR, self._owner, name)

    def _row(self, check: HealthCheck, now: datetime) -> dict[str, Any]:
        incident_id = self._incident_id(check.name)
        start = self._last or now - timedelta(seconds=_POLL_S)
        return dict.fromkeys(OBSERVATIONS.names) | {
            "alert_id": _digest(incident_id, now.isoformat()),
            "incident_id": incident_id,
            "model": MONITOR,
            "model_version": "",
            "window_start": start,
            "window_end": now,
            "column_name": check.name,
            "column_kind": "monitor",
            "drift_type": "HEALTH",
            "reference": "",
            "statistics": [check.name.partition(" ")[0]],
            "statistic": check.name.partition(" ")[0],
            "value": check.value,
            "threshold": check.threshold,
            "status": "over_limit" if check.failing else "ok",
            "reason": "",
            "outcome": "drift" if check.failing else "ok",
            "severity": check.severity,
            "message": check.message,
        }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

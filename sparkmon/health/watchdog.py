"""A thread on the driver that runs the health checks and raises alerts for those that fail."""

import logging
import threading
import time
from collections import deque
from datetime import datetime, timedelta, timezone
from typing import Any

from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.alerts import AlertManager
from sparkmon.alerts.health import HealthCheck, health_incident
from sparkmon.errors import MissingExtraError
from sparkmon.health.health_checks import HealthLimits, check_health
from sparkmon.health.status import Counters, MonitorStatus, QueryStatus, read_status

_LOGGER = logging.getLogger(__name__)
_POLL_S = 5.0
_HOUR = int(3600 / _POLL_S)
_REPEAT_S = 600.0
"""How often a failing check is reported again: the policy decides whether to notify."""


class Watchdog:
    """Checks the health of a running monitor every five seconds.

    ``owner`` is the directory of checkpoints: two monitors on one table have incidents of their own. ``may_end`` is
    whether the query ends by itself once all is processed.

    Notes
    -----
    A driver that is killed raises no alert: Prometheus has to notice that its metrics are absent, or that
    ``last_batch_timestamp_seconds`` is old; the rules are in ``examples/prometheus``.
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
        self._query, self._counters, self._alerts = query, counters, alerts
        self._limits, self._owner, self._may_end = limits, owner, may_end
        self._started_time = datetime.now(timezone.utc)
        self._query_status = QueryStatus()
        self._lock = threading.Lock()
        self._ended_s = time.monotonic()
        self._past: deque[MonitorStatus] = deque(maxlen=_HOUR)
        self._reported: dict[str, float] = {}
        self._last: datetime | None = None
        self.checks: list[HealthCheck] = []
        """The latest health checks."""
        self._metrics: Any = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sparkmon watchdog", daemon=True)
        self._thread.start()

    def status(self) -> MonitorStatus:
        """Return the monitor's status."""
        with self._lock:
            now = datetime.now(timezone.utc)
            batches = self._query_status.batches
            self._query_status = read_status(self._query, self._query_status)
            if self._query_status.batches > batches:
                self._ended_s = time.monotonic()
            dispatcher = self._alerts.dispatcher
            return MonitorStatus(
                time=now,
                started_time=self._started_time,
                may_end=self._may_end,
                query=self._query_status,
                no_batch_s=time.monotonic() - self._ended_s,
                counts=self._counters.counts,
                waiting={} if dispatcher is None else dispatcher.waiting,
                failing=() if dispatcher is None else dispatcher.failing,
                blocked_s={} if dispatcher is None else dispatcher.blocked_s,
                open_incidents=self._alerts.open_incidents,
            )

    def serve(self, port: int, host: str = "127.0.0.1") -> int:
        """Serve metrics until the watchdog is stopped; return the port, a free one for 0."""
        try:
            from sparkmon.health.metrics import HealthMetrics
        except ImportError as error:
            raise MissingExtraError.of("prometheus-client", "cli") from error
        self._metrics = HealthMetrics(self.status, lambda: self.checks, port=port, host=host)
        return int(self._metrics.port)

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
                    _LOGGER.warning("could not check the monitor's health; trying on", exc_info=True)
                failing = True
            if self._stopped.wait(_POLL_S):
                return

    def _check(self, *, at_end: bool = False) -> None:
        now = self.status()
        if at_end and now.query.error is None:
            return  # it was stopped, which is no failure
        self._past.append(now)
        self.checks = check_health(now, self._past[0], self._limits)
        since = self._last or now.time - timedelta(seconds=_POLL_S)
        rows = [check.row(self._owner, since, now.time) for check in self.checks if self._is_due(check, now)]
        self._alerts.process_observations(rows, writer=str(self._query.id))
        self._last = now.time

    def _is_due(self, check: HealthCheck, now: MonitorStatus) -> bool:
        is_open = self._alerts.is_unsettled(health_incident(self._owner, check.name))
        if not check.failing:
            # Before the first batch no check has recovered.
            return is_open and now.query.batches > 0
        reported = self._reported.get(check.name)
        if is_open and reported is not None and time.monotonic() - reported < _REPEAT_S:
            return False
        self._reported[check.name] = time.monotonic()
        return True

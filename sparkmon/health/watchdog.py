"""Who looks after the monitor: a thread on the driver that raises alerts when the monitor is not well."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.alerts import AlertManager
from sparkmon.health.limits import HealthLimits
from sparkmon.health.metrics import HealthMetrics
from sparkmon.health.symptoms import Symptom, symptoms_of
from sparkmon.health.tally import Tally
from sparkmon.health.vitals import Vitals, VitalsReader
from sparkmon.schemas import OBSERVATIONS

__all__ = ["MONITOR", "Watchdog", "health_writer"]

MONITOR = ":monitor"
"""Stands where alerts have their model, in those on the monitor itself."""

_LOGGER = logging.getLogger(__name__)
_POLL_S = 2.0
_COLLECT_S = 10.0
_HOUR = timedelta(hours=1)
_AGAIN = timedelta(minutes=10)
"""How often it is said again that something is not well: the policy decides whether that is told."""


def health_writer(owner: str) -> str:
    """Return the name under which alerts on a monitor's health are written, by its directory of checkpoints."""
    return f"{owner}/health"


class Watchdog:
    """Looks at a running monitor every two seconds.

    Parameters
    ----------
    queries : mapping of str to StreamingQuery
        By their names.
    tally : Tally
        What the writers of batches count.
    alert_manager : AlertManager
        Decides on what is found.
    limits : HealthLimits
        What the monitor is held against.
    spark : SparkSession
        Writes what is decided.
    owner : str
        The directory of checkpoints: two monitors on one table are two patients.
    may_end : bool
        Whether the queries end by themselves once all is processed.

    Notes
    -----
    Over Spark Connect, batches are written in a process of the server: rows and dead letters are not among the
    metrics then, and what is decided there is read from the table. A driver that is killed raises no alert: that its
    metrics are gone, or its ``last_batch_timestamp_seconds`` is old, is for Prometheus to notice.
    ``examples/prometheus`` has the rules.
    """

    def __init__(
        self,
        queries: Mapping[str, StreamingQuery],
        tally: Tally,
        alert_manager: AlertManager,
        limits: HealthLimits,
        spark: SparkSession,
        owner: str,
        *,
        may_end: bool,
    ) -> None:
        self._reader = VitalsReader(queries, tally, alert_manager, may_end=may_end)
        self._alert_manager, self._limits, self._spark, self._owner = (
            alert_manager,
            limits,
            spark,
            owner,
        )
        self._past: deque[Vitals] = deque()
        self._told: dict[str, datetime] = {}
        self._last: datetime | None = None
        self.symptoms: list[Symptom] = []
        """What was found last."""
        self._queries = queries
        self._collect_at = 0.0
        self._is_remote = type(spark).__module__.startswith("pyspark.sql.connect")
        self._metrics: HealthMetrics | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sparkmon watchdog", daemon=True)
        self._thread.start()

    def look(self) -> Vitals:
        """Return how the monitor is now."""
        return self._reader.look()

    def serve(self, port: int, host: str = "127.0.0.1") -> HealthMetrics:
        """Serve metrics until the watchdog is stopped; see :class:`sparkmon.health.HealthMetrics`."""
        self._metrics = HealthMetrics(self.look, lambda: self.symptoms, port=port, host=host)
        return self._metrics

    def stop(self) -> None:
        """Look once more, for a query may just have failed, and stop."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._thread.join()
        try:
            self._collect(at_end=True)
            self._check(at_end=True)
        except Exception:
            # What ended the monitor may keep this from being written, too; it is raised elsewhere.
            _LOGGER.warning("could not tell of what ended the monitor", exc_info=True)
        if self._metrics is not None:
            self._metrics.stop()

    def _run(self) -> None:
        failing = False
        while not self._stopped.wait(_POLL_S):
            try:
                self._check()
                self._collect()
                failing = False
            except Exception:
                # Who looks after the monitor must not end before it.
                if not failing:
                    _LOGGER.warning("could not look after the monitor; trying on", exc_info=True)
                failing = True

    def _check(self, *, at_end: bool = False) -> None:
        now = self.look()
        if at_end and not any(query.error for query in now.queries.values()):
            return  # it was stopped, which is no illness
        self._past.append(now)
        while len(self._past) > 1 and self._past[1].time <= now.time - _HOUR:
            self._past.popleft()
        self.symptoms = symptoms_of(now, self._past[0], self._limits)
        has_run = all(query.batches for query in now.queries.values())
        rows = [
            self._row(symptom, now.time)
            for symptom in self.symptoms
            if self._is_due(symptom, now.time, has_run=has_run)
        ]
        if rows:
            writer = health_writer(self._owner)
            number = time.time_ns() // 1_000_000
            self._alert_manager.process_observations(
                self._spark, rows, writer=writer, batch_id=number
            )
        self._last = now.time

    def _collect(self, *, at_end: bool = False) -> None:
        if self._is_remote and (at_end or time.monotonic() >= self._collect_at):
            self._collect_at = time.monotonic() + _COLLECT_S
            self._alert_manager.collect(
                self._spark, [str(query.id) for query in self._queries.values()]
            )

    def _is_due(self, symptom: Symptom, now: datetime, *, has_run: bool) -> bool:
        if not symptom.is_ill:
            # Right after a start nothing is known to be well again.
            return has_run and self._alert_manager.is_unsettled(self._incident_id(symptom.name))
        said = self._told.get(symptom.name)
        is_known = self._alert_manager.is_unsettled(self._incident_id(symptom.name))
        if is_known and said is not None and now - said < _AGAIN:
            return False
        self._told[symptom.name] = now
        return True

    def _incident_id(self, name: str) -> str:
        return _digest(MONITOR, self._owner, name)

    def _row(self, symptom: Symptom, now: datetime) -> dict[str, Any]:
        incident_id = self._incident_id(symptom.name)
        start = self._last or now - timedelta(seconds=_POLL_S)
        return dict.fromkeys(OBSERVATIONS.names) | {
            "alert_id": _digest(incident_id, now.isoformat()),
            "incident_id": incident_id,
            "model": MONITOR,
            "model_version": "",
            "window_start": start,
            "window_end": now,
            "column_name": symptom.name,
            "column_kind": "monitor",
            "drift_type": "HEALTH",
            "reference": "",
            "statistics": [symptom.name.partition(" ")[0]],
            "statistic": symptom.name.partition(" ")[0],
            "value": symptom.value,
            "threshold": symptom.threshold,
            "status": "over_limit" if symptom.is_ill else "ok",
            "reason": "",
            "outcome": "drift" if symptom.is_ill else "ok",
            "severity": symptom.severity,
            "message": symptom.message,
        }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

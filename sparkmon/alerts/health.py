"""Incidents of the monitor itself: what its health checks find, and what the rate limit holds back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkmon.alerts.decide import RATE_LIMITED
from sparkmon.alerts.incident import digest
from sparkmon.alerts.matcher import highest_severity
from sparkmon.alerts.policy import Policy
from sparkmon.alerts.schema import OBSERVATIONS
from sparkmon.interval import format_interval
from sparkmon.sinks import Severity

MONITOR = ":monitor"
"""The model of alerts on the monitor itself."""

_NAMED = 10


def health_incident(owner: str, name: str) -> str:
    """Return the id of the incident of a check: monitors on one set of tables have incidents of their own."""
    return digest(MONITOR, owner, name)


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One thing that can go wrong with a monitor, and whether it has."""

    name: str
    failing: bool
    severity: Severity
    value: float
    threshold: float
    message: str

    def row(self, owner: str, since: datetime, now: datetime) -> dict[str, Any]:
        """Return what it shows from ``since`` until now, as a row of ``sparkmon.schemas.OBSERVATIONS``."""
        incident_id, statistic = health_incident(owner, self.name), self.name.partition(" ")[0]
        return dict.fromkeys(OBSERVATIONS.names) | {
            "alert_id": digest(incident_id, now.isoformat()),
            "incident_id": incident_id,
            "model": MONITOR,
            "model_version": "",
            "window_start": since,
            "window_end": now,
            "column_name": self.name,
            "column_kind": "monitor",
            "drift_type": "HEALTH",
            "reference": "",
            "statistics": [statistic],
            "statistic": statistic,
            "value": self.value,
            "threshold": self.threshold,
            "status": "over_limit" if self.failing else "ok",
            "reason": "",
            "outcome": "drift" if self.failing else "ok",
            "severity": self.severity,
            "message": self.message,
        }


def is_health(row: Mapping[str, Any]) -> bool:
    """Return whether a row is of a health check, and not of what is held back, which is decided with the findings."""
    return bool(row["drift_type"] == "HEALTH" and row["statistic"] != RATE_LIMITED)


def named(models: Collection[str]) -> str:
    """List models in a message, a few by their names."""
    first = ", ".join(sorted(models)[:_NAMED])
    return f"{first} and {len(models) - _NAMED:,} more models" if len(models) > _NAMED else first


def held_back(sink: str, rows: Collection[Mapping[str, Any]], policy: Policy) -> HealthCheck:
    """Return one check for all decisions that the rate limit keeps from a sink."""
    message = f"the rate limit keeps no alerts from the sink {sink} any more"
    if rows:
        names = named({str(row["model"]) for row in rows})
        alerts = "1 alert is" if len(rows) == 1 else f"{len(rows):,} alerts are"
        message = (
            f"{alerts} not sent yet, of {names}, because the sink {sink} gets at most {policy.max_notifications} "
            f"critical and as many other notifications in {format_interval(policy.rate_limit_interval)}: see the table "
            "alerts"
        )
    severity = highest_severity(row["severity"] for row in rows) or "warning"
    return HealthCheck(f"{RATE_LIMITED} {sink}", bool(rows), severity, float(len(rows)), 0.0, message)

"""Incidents of the monitor itself: what its health checks find, and what the rate limit holds back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sparkmon.alerts.incident import Observation, digest
from sparkmon.alerts.matcher import SEVERITIES
from sparkmon.alerts.policy import Policy
from sparkmon.alerts.schema import OBSERVATIONS
from sparkmon.alerts.suppression import RATE_LIMITED
from sparkmon.sinks import Severity

MONITOR = ":monitor"
"""The model of alerts on the monitor itself."""

_NAMED = 10
_WINDOW = timedelta(minutes=1)


def health_incident(owner: str, name: str) -> str:
    """Return the id of the incident of a check: monitors on one set of tables have incidents of their own."""
    return digest(MONITOR, owner, name)


def health_row(
    owner: str,
    name: str,
    severity: Severity,
    message: str,
    *,
    failing: bool,
    value: float,
    threshold: float,
    since: datetime,
    now: datetime,
) -> dict[str, Any]:
    """Return what a check of the monitor shows from ``since`` until now, a row of ``sparkmon.schemas.OBSERVATIONS``."""
    incident_id, statistic = health_incident(owner, name), name.partition(" ")[0]
    return dict.fromkeys(OBSERVATIONS.names) | {
        "alert_id": digest(incident_id, now.isoformat()),
        "incident_id": incident_id,
        "model": MONITOR,
        "model_version": "",
        "window_start": since,
        "window_end": now,
        "column_name": name,
        "column_kind": "monitor",
        "drift_type": "HEALTH",
        "reference": "",
        "statistics": [statistic],
        "statistic": statistic,
        "value": value,
        "threshold": threshold,
        "status": "over_limit" if failing else "ok",
        "reason": "",
        "outcome": "drift" if failing else "ok",
        "severity": severity,
        "message": message,
    }


def is_health(row: Mapping[str, Any]) -> bool:
    """Return whether a row is of a health check; what the rate limit holds back is decided on with findings."""
    return bool(row["drift_type"] == "HEALTH" and row["column_name"] != RATE_LIMITED)


def held_back(
    rows: Collection[Mapping[str, Any]], owner: str, policy: Policy, now: datetime
) -> Observation:
    """Return one observation on all decisions that the rate limit holds back, or that there is none."""
    models = sorted({str(row["model"]) for row in rows})
    severities: set[Severity] = {row["severity"] for row in rows} or {"warning"}
    severity = max(severities, key=SEVERITIES.index)
    message = "no alerts are held back by the rate limit any more"
    if rows:
        names = ", ".join(models[:_NAMED])
        more = f" and {len(models) - _NAMED:,} more models" if len(models) > _NAMED else ""
        alerts = "1 alert is" if len(rows) == 1 else f"{len(rows):,} alerts are"
        message = (
            f"{alerts} held back, of {names}{more}, because a sink gets at most {policy.max_notifications} "
            f"notifications within {policy.rate_limit_interval}; see the table alerts"
        )
    row = health_row(
        owner,
        RATE_LIMITED,
        severity,
        message,
        failing=bool(rows),
        value=float(len(rows)),
        threshold=0.0,
        since=now - _WINDOW,
        now=now,
    )
    return Observation.of(row)

"""Decisions as rows of the ``alerts`` table, and such rows as notifications."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sparkmon.alerts.decide import Decision
from sparkmon.alerts.incident import Incident, Notified
from sparkmon.alerts.matcher import SEVERITIES
from sparkmon.sinks import Alert, Notification

_MAX_ALERTS = 1000
_DECIDED = (
    *("state", "severity", "is_repeat", "suppressed_by"),
    *("notified_state", "sinks", "limited_sinks", "notification_id"),
)
_FIELDS = [field.name for field in fields(Alert) if field.name != "url"]


def row_of(decision: Decision, *, query_id: str, now: datetime) -> dict[str, Any]:
    """Write a row of ``sparkmon.schemas.ALERTS``."""
    return {
        **decision.observation.alert,
        **{name: getattr(decision, name) for name in _DECIDED},
        "incident": asdict(decision.incident),
        "fired_time": now,
        "query_id": query_id,
    }


def incident_of(row: Mapping[str, Any]) -> Incident:
    """Read the state of an incident after a row of ``sparkmon.schemas.ALERTS``."""
    state = {field.name: row["incident"][field.name] for field in fields(Incident)}  # a table may have former ones
    lists = {name: tuple(state[name]) for name in ("transitions", "statistics")}
    return Incident(**(state | lists | {"notified": tuple(Notified(**each) for each in state["notified"])}))


def notifications_of(
    rows: Iterable[Mapping[str, Any]], dashboard_url: str | None = None
) -> list[tuple[Notification, tuple[str, ...]]]:
    """Group rows by their notification; return each notification with the names of its sinks.

    A notification lists its alerts from the highest severity on, at most 1,000; ``count`` counts all of them.
    """
    by_notification: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["notification_id"] is not None:
            by_notification.setdefault(row["notification_id"], []).append(row)
    return [
        (_notification(identity, alerts, dashboard_url), tuple(alerts[0]["sinks"]))
        for identity, alerts in by_notification.items()
    ]


def queued_notifications_of(
    rows: Iterable[tuple[Mapping[str, Any], str, int]], dashboard_url: str | None = None
) -> list[tuple[Notification, str, int]]:
    """Group rows that are to be delivered to a sink; return each notification with the sink and its attempts so far."""
    by_sink: dict[str, dict[str, Mapping[str, Any]]] = {}
    attempts_of: dict[tuple[str, str], int] = {}
    for row, sink, attempts in rows:
        by_sink.setdefault(sink, {})[row["alert_id"]] = row
        attempts_of[row["notification_id"], sink] = attempts
    return [
        (notification, sink, attempts_of[notification.notification_id, sink])
        for sink, by_alert in by_sink.items()
        for notification, _ in notifications_of(by_alert.values(), dashboard_url)
    ]


def _notification(identity: str, rows: Sequence[Mapping[str, Any]], dashboard_url: str | None) -> Notification:
    ordered = sorted(rows, key=_rank)
    first = ordered[0]
    return Notification(
        notification_id=identity,
        state=first["notified_state"],
        severity=first["severity"],
        model=first["model"],
        model_version=first["model_version"],
        window_start=min((row["window_start"] for row in rows), default=None),
        window_end=max((row["window_end"] for row in rows), default=None),
        count=len(rows),
        alerts=tuple(
            Alert(
                **{name: row[name] for name in _FIELDS} | {"state": row["notified_state"]},
                url=None if dashboard_url is None else f"{dashboard_url}/incident?id={row['incident_id']}",
            )
            for row in ordered[:_MAX_ALERTS]
        ),
        created_time=first["fired_time"],
    )


def _rank(row: Mapping[str, Any]) -> tuple[int, float, float, str]:
    """Order alerts by severity, then by what matters first to the model, then by the value."""
    value, threshold = row["value"], row["threshold"]
    place = (row.get("causes") or {}).get("rank") or float("inf")
    times = abs(value) / threshold if value is not None and threshold else float("inf")
    return -SEVERITIES.index(row["severity"]), place, -times, row["alert_id"]

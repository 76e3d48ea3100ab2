"""Decisions as rows of the ``alerts`` table, and rows as what they were made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sparkmon.alerts.decide import Decision
from sparkmon.alerts.incident import Incident, Observation
from sparkmon.alerts.matcher import SEVERITIES
from sparkmon.sinks import Alert, Notification

__all__ = ["incident_of", "notifications_of", "observation_of", "parcels_of", "row_of"]

_MOST = 1000
_FIELDS = [field.name for field in fields(Alert)]


def observation_of(candidate: Mapping[str, Any]) -> Observation:
    """Read a row of ``sparkmon.schemas.CANDIDATES``."""
    return Observation(
        candidate["incident_id"],
        candidate["condition"],
        candidate["severity"],
        candidate["window_start"],
        candidate["window_end"],
        candidate["status"] == "provisional",
        tuple(candidate["statistics"]),
        candidate,
    )


def row_of(decision: Decision, *, query_id: str, batch_id: int, now: datetime) -> dict[str, Any]:
    """Write a row of ``sparkmon.schemas.ALERTS``."""
    return {
        **decision.observation.alert,
        "severity": decision.severity,
        "state": decision.state,
        "told": decision.told,
        "untold": decision.untold,
        "notification_id": decision.notification_id,
        "sinks": list(decision.sinks),
        "incident": asdict(decision.incident),
        "fired_time": now,
        "query_id": query_id,
        "batch_id": batch_id,
    }


def incident_of(row: Mapping[str, Any]) -> Incident:
    """Read what an incident was after a row of ``sparkmon.schemas.ALERTS``."""
    held = row["incident"]
    lists = {name: tuple(held[name]) for name in ("changes", "statistics")}
    return Incident(**(held | lists))


def notifications_of(
    rows: Iterable[Mapping[str, Any]],
) -> list[tuple[Notification, tuple[str, ...]]]:
    """Put rows of which something is told together to notifications, each with the names of its sinks.

    The alerts of a notification begin with the gravest, and are at most 1,000; all are counted.
    """
    told: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["notification_id"] is not None:
            told.setdefault(row["notification_id"], []).append(row)
    return [
        (_notification(identity, together), tuple(together[0]["sinks"]))
        for identity, together in told.items()
    ]


def parcels_of(
    rows: Iterable[tuple[Mapping[str, Any], str, int]],
) -> list[tuple[Notification, str, int]]:
    """Put rows that a sink is to have to notifications, each with the sink's name and how often it was tried."""
    of_sinks: dict[str, dict[str, Mapping[str, Any]]] = {}
    tried: dict[tuple[str, str], int] = {}
    for row, sink, attempts in rows:
        of_sinks.setdefault(sink, {})[row["alert_id"]] = row
        tried[row["notification_id"], sink] = attempts
    return [
        (note, sink, tried[note.notification_id, sink])
        for sink, by_alert in of_sinks.items()
        for note, _ in notifications_of(by_alert.values())
    ]


def _notification(identity: str, rows: Sequence[Mapping[str, Any]]) -> Notification:
    ordered = sorted(rows, key=_gravity)
    first = ordered[0]
    return Notification(
        notification_id=identity,
        state=first["told"],
        severity=first["severity"],
        model=first["model"],
        model_version=first["model_version"],
        window_start=min((row["window_start"] for row in rows), default=None),
        window_end=max((row["window_end"] for row in rows), default=None),
        count=len(rows),
        alerts=tuple(_alert(row) for row in ordered[:_MOST]),
        created_time=first["fired_time"],
    )


def _alert(row: Mapping[str, Any]) -> Alert:
    return Alert(**{name: row[name] for name in _FIELDS} | {"state": row["told"]})


def _gravity(row: Mapping[str, Any]) -> tuple[int, float, str]:
    value, threshold = row["value"], row["threshold"]
    times = abs(value) / threshold if value is not None and threshold else float("inf")
    return -SEVERITIES.index(row["severity"]), -times, row["alert_id"]

"""A notification as JSON, in a form that its version names."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timezone

import orjson

from sparkmon.sinks.alert import Alert
from sparkmon.sinks.notification import Notification

__all__ = ["SCHEMA", "in_utc", "notification_json", "rfc3339"]

SCHEMA = "sparkmon.notification/1"
"""The number is raised when a field goes or changes its meaning; fields may be added without."""

_MOST = 900_000
_FIELDS = [field.name for field in fields(Alert)]


def notification_json(notification: Notification, most: int = _MOST) -> bytes:
    """Write a notification as one JSON object.

    Parameters
    ----------
    notification : Notification
        What is told.
    most : int, default 900_000
        The largest size in bytes, which Kafka's default limit takes. The gravest alerts that have room are in it.

    Returns
    -------
    bytes
        ``schema`` is ``sparkmon.notification/1``; ``notification_id``, ``state``, ``severity``, ``title``, ``model``,
        ``model_version``, ``window_start``, ``window_end``, ``count`` and ``created_time`` are those of
        :class:`Notification`; ``alerts`` is a list with the fields of :class:`Alert`, shorter than ``count`` where not
        all are in it. Times are RFC 3339 in UTC. A number that is not finite is null: JSON has none.

    Examples
    --------
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
    >>> told = Notification("n1", "fired", "warning", "flights", "2", noon, None, 1, (), noon)
    >>> found = orjson.loads(notification_json(told))
    >>> found["schema"], found["title"], found["window_start"], found["alerts"]
    ('sparkmon.notification/1', 'flights (version 2): 1 alert', '2026-01-05T12:00:00Z', [])
    """
    head = {
        "schema": SCHEMA,
        "notification_id": notification.notification_id,
        "state": notification.state,
        "severity": notification.severity,
        "title": notification.title,
        "model": notification.model,
        "model_version": notification.model_version,
        "window_start": notification.window_start,
        "window_end": notification.window_end,
        "count": notification.count,
        "created_time": notification.created_time,
    }
    start = orjson.dumps({name: _plain(value) for name, value in head.items()})[:-1]
    alerts, left = [], most - len(start)
    for alert in notification.alerts:
        written = orjson.dumps({name: _plain(getattr(alert, name)) for name in _FIELDS})
        left -= len(written) + 1
        if left < 0:
            break
        alerts.append(written)
    return start + b',"alerts":[' + b",".join(alerts) + b"]}"


def in_utc(time: datetime) -> datetime:
    """Return a time in UTC; one without a time zone is."""
    aware = time if time.tzinfo is not None else time.replace(tzinfo=timezone.utc)
    return aware.astimezone(timezone.utc)


def rfc3339(time: datetime) -> str:
    """Write a time; one without a time zone is UTC.

    Examples
    --------
    >>> rfc3339(datetime(2026, 1, 5, 12, 30))
    '2026-01-05T12:30:00Z'
    """
    return in_utc(time).isoformat().replace("+00:00", "Z")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value)
    # Half of a surrogate pair, which a name from outside may have, is no UTF-8.
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value

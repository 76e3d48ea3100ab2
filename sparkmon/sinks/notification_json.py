"""A notification as JSON, with a versioned schema."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timezone

import orjson

from sparkmon.sinks.alert import Alert
from sparkmon.sinks.notification import Notification

SCHEMA = "sparkmon.notification/1"
"""The number is raised when a field is removed or changes its meaning, not when one is added."""

_MOST = 900_000
_FIELDS = [field.name for field in fields(Alert)]


def notification_json(notification: Notification, most: int = _MOST) -> bytes:
    """Write a notification as one JSON object.

    Parameters
    ----------
    notification : Notification
        The notification.
    most : int, default 900_000
        The largest size in bytes, within Kafka's default limit. Alerts that do not fit are omitted.

    Returns
    -------
    bytes
        ``schema`` is ``sparkmon.notification/1``; ``notification_id``, ``state``, ``severity``, ``title``, ``model``,
        ``model_version``, ``window_start``, ``window_end``, ``count`` and ``created_time`` are those of
        :class:`Notification`; ``alerts`` is a list with the fields of :class:`Alert`, fewer than ``count`` if some
        are omitted. Times are RFC 3339 in UTC. A number that is not finite is null: JSON has none.

    Examples
    --------
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
    >>> notification = Notification("n1", "firing", "warning", "flights", "2", noon, None, 1, (), noon)
    >>> document = orjson.loads(notification_json(notification))
    >>> document["schema"], document["title"], document["window_start"], document["alerts"]
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
    alerts, room = [], most - len(start)
    for alert in notification.alerts:
        encoded = orjson.dumps({name: _plain(getattr(alert, name)) for name in _FIELDS})
        room -= len(encoded) + 1
        if room < 0:
            break
        alerts.append(encoded)
    return start + b',"alerts":[' + b",".join(alerts) + b"]}"


def in_utc(time: datetime) -> datetime:
    """Return a time in UTC; one without a time zone is in UTC."""
    aware = time if time.tzinfo is not None else time.replace(tzinfo=timezone.utc)
    return aware.astimezone(timezone.utc)


def rfc3339(time: datetime) -> str:
    """Format a time; one without a time zone is in UTC.

    Examples
    --------
    >>> rfc3339(datetime(2026, 1, 5, 12, 30))
    '2026-01-05T12:30:00Z'
    """
    return in_utc(time).isoformat().replace("+00:00", "Z")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value)
    # A lone surrogate, which an untrusted name may contain, is not valid UTF-8.
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value

"""A notification as JSON, with a versioned schema."""

from dataclasses import asdict, fields
from datetime import datetime, timezone

import orjson

from sparkmon.sinks.notification import Notification

SCHEMA = "sparkmon.notification/1"
"""The number is raised when a field is removed or changes its meaning, not when one is added."""

_MOST = 900_000
_HEAD = [field.name for field in fields(Notification) if field.name != "alerts"]


def notification_json(notification: Notification) -> bytes:
    """Write a notification as one JSON object of at most 900 kB, within Kafka's default limit.

    ``schema`` is ``sparkmon.notification/1``; next to ``title`` and the fields of :class:`Notification`, ``alerts`` is
    a list with the fields of :class:`Alert`, fewer than ``count`` if some do not fit and are omitted. Times are RFC
    3339 in UTC. A number that is not finite is null: JSON has none.
    """
    head = {name: _plain(getattr(notification, name)) for name in _HEAD}
    start = orjson.dumps({"schema": SCHEMA, "title": notification.title, **head})[:-1]
    alerts, room = [], _MOST - len(start)
    for alert in notification.alerts:
        encoded = orjson.dumps({name: _plain(value) for name, value in asdict(alert).items()})
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
    """Format a time; one without a time zone is in UTC."""
    return in_utc(time).isoformat().replace("+00:00", "Z")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value)
    # A lone surrogate, which an untrusted name may contain, is not valid UTF-8.
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value

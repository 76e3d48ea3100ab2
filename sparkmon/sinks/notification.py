"""A notification, one message on the alerts of a model in one batch, an alert as a sink gets it, and both as JSON."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from typing import Literal, TypeAlias

from sparkmon.json_bytes import dumps
from sparkmon.printable import printable

_LISTED = 20


Severity: TypeAlias = Literal["info", "warning", "critical"]
State: TypeAlias = Literal["firing", "resolved", "provisional"]
"""``firing``: the column drifts. ``resolved``: it is ok again. ``provisional``: it drifts in a window
that is still open."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One column of one model in one window.

    Its texts are untrusted: a sink escapes them for its medium.
    """

    alert_id: str
    """Identifies the incident in this window: the same at every delivery."""
    incident_id: str
    """Identifies the incident: the same from the window in which it starts firing to the one in which it resolves."""
    model: str
    model_version: str
    window_start: datetime | None
    window_end: datetime | None
    slice_key: str | None
    """None where the alert is about the whole table."""
    slice_value: str | None
    column_name: str
    column_kind: str
    drift_type: str
    reference: str
    statistic: str
    value: float | None
    threshold: float | None
    reference_count: int | None
    """None for a rate with a limit: it has no reference."""
    current_count: int | None
    severity: Severity
    state: State
    fired_time: datetime
    message: str
    is_repeat: bool = False
    """Whether the incident has been notified as firing before: a reminder or an escalation."""
    url: str | None = None
    """The incident's page on the dashboard, if ``alerting.dashboard_url`` says where that is."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to people or to another system.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
    >>> Notification("id", "firing", "warning", "flights", "2", noon, noon.replace(hour=13), 40, (), noon).title
    'flights (version 2): 40 alerts in the window 2026-01-05 12:00 to 2026-01-05 13:00 UTC'
    """

    notification_id: str
    """The same at every delivery, so that a receiver can skip duplicates."""
    state: State
    severity: Severity
    """The highest of its alerts."""
    model: str
    model_version: str
    window_start: datetime | None
    window_end: datetime | None
    count: int
    """The number of its alerts."""
    alerts: tuple[Alert, ...]
    """Those of the highest severity, at most 1,000."""
    created_time: datetime

    @property
    def title(self) -> str:
        """One line without control characters."""
        version = f" (version {self.model_version})" if self.model_version else ""
        many = f"{self.count:,} alerts" if self.count != 1 else "1 alert"
        if self.state == "resolved":
            many += " resolved"
        elif self.alerts and all(alert.is_repeat for alert in self.alerts):
            many += " still open"
        return printable(f"{self.model}{version}: {many}{self._window()}")

    @property
    def lines(self) -> tuple[str, ...]:
        """The alerts, one per line, without control characters; the last line counts those omitted."""
        listed = [
            printable(alert.message if alert.state == "resolved" else f"{alert.severity}: {alert.message}")
            + (f" {alert.url}" if alert.url else "")
            for alert in self.alerts[:_LISTED]
        ]
        omitted = self.count - len(listed)
        more = f"and {omitted:,} more: see the table alerts, notification_id {self.notification_id}"
        return (*listed, more) if omitted else tuple(listed)

    def _window(self) -> str:
        if self.window_start is None or self.window_end is None:
            return ""
        start, end = (f"{time:%Y-%m-%d %H:%M}" for time in (self.window_start, self.window_end))
        if any(alert.drift_type == "HEALTH" for alert in self.alerts):
            return f" at {end} UTC"
        return f" in the {'open ' if self.state == 'provisional' else ''}window {start} to {end} UTC"


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
    start = dumps({"schema": SCHEMA, "title": notification.title, **head})[:-1]
    alerts, room = [], _MOST - len(start)
    for alert in notification.alerts:
        encoded = dumps({name: _plain(value) for name, value in asdict(alert).items()})
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

"""A notification, one message on the alerts of a model in one batch, and an alert as a sink gets it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

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

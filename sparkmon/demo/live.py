"""What the demonstration shows while it runs."""

import time
from collections.abc import Callable
from datetime import datetime, timezone
from operator import itemgetter
from typing import NamedTuple

from sparkmon.demo.sender import Sender
from sparkmon.sinks import Alert, AlertSink, Notification
from sparkmon.tables import Tables

_EVERY_S = 3.0


class Display(NamedTuple):
    """Functions that show something."""

    report: Callable[[str, float], None]
    """Called with the current step, and the share of the traffic that has been sent, from 0 to 1."""
    alert: Callable[[Alert, float | None], None]
    """Called with each alert, and how many seconds after the first request with the fault it came; None before it."""
    outlier: Callable[[str], None]
    """Called with a sentence on outliers that were found."""


class LiveAlerts(AlertSink):
    """Passes alerts on as they come."""

    kind = "live"

    def __init__(self, on_alert: Callable[[Alert, float | None], None]) -> None:
        super().__init__()
        self.count = 0
        self.sender: Sender | None = None
        self._on_alert = on_alert

    def deliver(self, notification: Notification) -> None:
        """Pass them on."""
        self.count += notification.count
        began = None if self.sender is None else self.sender.progress.fault_time
        since = datetime.now(timezone.utc) - datetime.fromisoformat(began) if began else None
        for alert in notification.alerts:
            self._on_alert(alert, None if since is None else since.total_seconds())


class LiveOutliers:
    """Shows of each window with outliers the most severe one, as the table ``outliers`` gets it."""

    def __init__(self, tables: Tables, on_outlier: Callable[[str], None]) -> None:
        self._tables, self._on_outlier = tables, on_outlier
        self._last: datetime | None = None
        self._next_s = 0.0

    def show(self) -> None:
        """Read the table, at most once in three seconds."""
        if time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _EVERY_S
        later = [] if self._last is None else [("window_start", ">", self._last)]
        rows = self._tables.open().read("outliers", ["window_start", "event_id", "instance", "excess", "reason"], later)
        if rows is None or not rows.num_rows:
            return
        worst = max(rows.to_pylist(), key=itemgetter("window_start", "excess"))
        self._last = worst["window_start"]
        self._on_outlier(f"row {worst['instance']} of the call {worst['event_id']} is an outlier: {worst['reason']}")

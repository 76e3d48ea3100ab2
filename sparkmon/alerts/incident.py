"""An incident: drift of one column, from the window in which it starts firing to the one in which it resolves."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sparkmon.sinks import Severity

Outcome: TypeAlias = Literal["drift", "unconfirmed", "inhibited", "ok", "stale"]
"""What a window shows of a column: ``drift``, or a rate over its limit; ``unconfirmed``, a drift that was not found in
enough windows yet; ``inhibited``, a drift of a slice while the whole column drifts; ``ok``; or ``stale``: the column
has had no traffic for ``resolve_timeout``."""

IncidentState: TypeAlias = Literal["firing", "recovering", "resolved", "provisional", "unconfirmed", "inhibited"]
"""What an incident is after a window. ``recovering``: ok, but not for ``resolve_after`` windows yet. ``unconfirmed``,
``inhibited``: no incident is open."""

_MAX_TRANSITIONS = 20
_PRESENCE = {"missing_column", "extra_column"}
"""These statistics have no finding where there is no drift."""


def digest(*parts: object) -> str:
    """Return an id that is the same at every replay: the SHA-256 of some parts as text; None is an empty text."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Observation:
    """What one window shows of one column."""

    incident_id: str
    outcome: Outcome
    severity: Severity
    window_start: datetime
    window_end: datetime
    provisional: bool
    """Whether the window is still open."""
    statistics: tuple[str, ...]
    """The statistics that have this outcome."""
    alert: Mapping[str, Any]
    """The row of ``sparkmon.schemas.OBSERVATIONS``."""
    sink: str | None = None
    """The only sink that it concerns, whatever the routes are."""

    @classmethod
    def of(cls, alert: Mapping[str, Any], sink: str | None = None) -> "Observation":
        """Read a row of ``sparkmon.schemas.OBSERVATIONS``."""
        names = ("incident_id", "outcome", "severity", "window_start", "window_end")
        return cls(
            **{name: alert[name] for name in names},
            provisional=alert["status"] == "provisional",
            statistics=tuple(alert["statistics"]),
            alert=alert,
            sink=sink,
        )


@dataclass(frozen=True, slots=True)
class Notified:
    """The last notification of a sink that an incident is firing."""

    sink: str
    severity: Severity
    window_end: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """The state of an incident between two windows; pure."""

    is_open: bool = False
    notified: tuple[Notified, ...] = ()
    """The sinks that know of it: none before the first notification and after the one of its recovery."""
    last_end: datetime | None = None
    """The end of the last window that was decided on."""
    opened_time: datetime | None = None
    """When it started firing, in processing time."""
    last_notified_window_end: datetime | None = None
    """The end of the last window with a notification."""
    ok_windows: int = 0
    """The number of consecutive ok windows while it is open."""
    transitions: tuple[datetime, ...] = ()
    """The ends of the windows in which it started firing or resolved, the last 20."""
    statistics: tuple[str, ...] = ()
    """The statistics that found the last drift."""

    @property
    def is_settled(self) -> bool:
        """Whether it is closed and no notification of its recovery is due."""
        return not self.is_open and not self.notified

    def after(
        self, outcome: Outcome, end: datetime, statistics: tuple[str, ...], *, resolve_after: int
    ) -> "tuple[Incident, IncidentState]":
        """Return the incident after the window that ended at ``end``, and its state.

        ``statistics`` have the outcome; ``resolve_after`` consecutive ok windows resolve an incident.
        """
        current = replace(self, last_end=end)
        if outcome == "drift":
            current = replace(current, statistics=statistics)
            if not self.is_open:
                return current._transition(end, is_open=True), "firing"
        if outcome in ("drift", "unconfirmed", "inhibited"):
            state: IncidentState = "firing"
            if not self.is_open:
                state = "inhibited" if outcome == "inhibited" else "unconfirmed"
            return replace(current, ok_windows=0), state
        ok_windows = self.ok_windows + 1
        if self.is_open and outcome == "ok" and ok_windows < resolve_after:
            return replace(current, ok_windows=ok_windows), "recovering"
        return (current._transition(end, is_open=False) if self.is_open else current), "resolved"

    def is_ok_by(self, statistics: tuple[str, ...]) -> bool:
        """Return whether all statistics that found the drift, except those on a column's presence, are among these."""
        return {*self.statistics} - _PRESENCE <= {*statistics}

    def after_notification(self, sinks: Collection[str], severity: Severity | None, end: datetime) -> "Incident":
        """Return the incident after the notification of sinks in the window that ended at ``end``; None of recovery."""
        notified = [each for each in self.notified if each.sink not in sinks]
        if severity is not None:
            notified += [Notified(sink, severity, end) for sink in sinks]
        return replace(self, notified=tuple(notified), last_notified_window_end=end)

    def transitions_since(self, start: datetime) -> int:
        """Count how often it started firing or resolved in windows that ended after ``start``."""
        return sum(end > start for end in self.transitions)

    def _transition(self, end: datetime, *, is_open: bool) -> "Incident":
        transitions = (*self.transitions, end)[-_MAX_TRANSITIONS:]
        return replace(self, is_open=is_open, ok_windows=0, transitions=transitions)

"""An incident: one trouble of one column, from the window in which it is fired to the one in which it is resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from sparkmon.sinks import Severity

__all__ = ["Condition", "Incident", "IncidentState", "Observation"]

Condition: TypeAlias = Literal["trouble", "unconfirmed", "covered", "fine", "gone"]
"""What a window says of a column: ``trouble``, a drift or a rate over its limit; ``unconfirmed``, one that does not
stand in enough windows yet; ``covered``, one of a slice where the column as a whole is in trouble; ``fine``; or
``gone``: there has been no traffic for long."""

IncidentState: TypeAlias = Literal[
    "fired", "ongoing", "recovering", "resolved", "provisional", "unconfirmed", "covered"
]
"""What an incident is after a window. ``recovering``: fine, but not for long enough. ``unconfirmed``, ``covered``: no
incident has begun."""

_CHANGES = 20
_PRESENCE = {"missing_column", "extra_column"}
"""They find trouble, and say nothing where there is none."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one window says of one column."""

    incident_id: str
    condition: Condition
    severity: Severity
    window_start: datetime
    window_end: datetime
    provisional: bool
    """Whether the window is still open."""
    statistics: tuple[str, ...]
    """Those that say so."""
    alert: Mapping[str, Any]
    """The row that tells of it: ``sparkmon.schemas.CANDIDATES``."""


@dataclass(frozen=True, slots=True)
class Incident:
    """What has to be remembered of an incident from window to window; pure.

    Examples
    --------
    >>> from datetime import timezone
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
    >>> incident, state = Incident().after("trouble", noon, ("ks",), resolve_after=2)
    >>> state, incident.is_open
    ('fired', True)
    >>> incident, state = incident.after("fine", noon + timedelta(hours=1), ("ks",), resolve_after=2)
    >>> state, incident.is_open
    ('recovering', True)
    >>> incident, state = incident.after("fine", noon + timedelta(hours=2), ("ks",), resolve_after=2)
    >>> state, incident.is_open
    ('resolved', False)
    """

    is_open: bool = False
    believed: Severity | None = None
    """What those who were told believe: None, that it is fine."""
    last_end: datetime | None = None
    """The end of the last window that was decided on."""
    opened_time: datetime | None = None
    """When it was fired, by the clock on the wall."""
    told_end: datetime | None = None
    """The end of the last window of which something was told."""
    fine_windows: int = 0
    """How many windows in a row have been fine while it is open."""
    changes: tuple[datetime, ...] = ()
    """The ends of the windows in which it was fired or resolved, the last 20."""
    statistics: tuple[str, ...] = ()
    """Those that found the trouble when it was last seen."""

    @property
    def is_settled(self) -> bool:
        """Whether it is fine, and everybody knows."""
        return not self.is_open and self.believed is None

    def after(
        self,
        condition: Condition,
        end: datetime,
        statistics: tuple[str, ...],
        *,
        resolve_after: int,
    ) -> tuple[Incident, IncidentState]:
        """Return what it is after a window, and what the window did.

        Parameters
        ----------
        condition : str
            What the window says.
        end : datetime
            The window's end.
        statistics : tuple of str
            Those that say so.
        resolve_after : int
            How many windows in a row have to be fine for it to be resolved.
        """
        held = replace(self, last_end=end)
        if condition == "trouble":
            held = replace(held, statistics=statistics)
        if condition == "trouble" and not self.is_open:
            return held._change(end, is_open=True), "fired"
        if condition in ("trouble", "unconfirmed", "covered"):
            state: IncidentState = "ongoing"
            if not self.is_open:
                state = "covered" if condition == "covered" else "unconfirmed"
            return replace(held, fine_windows=0), state
        fine = self.fine_windows + 1
        if self.is_open and condition == "fine" and fine < resolve_after:
            return replace(held, fine_windows=fine), "recovering"
        return (held._change(end, is_open=False) if self.is_open else held), "resolved"

    def is_fine_by(self, statistics: tuple[str, ...]) -> bool:
        """Tell whether these being fine is enough: all that found the trouble, but for whether a column is there."""
        return {*self.statistics} - _PRESENCE <= {*statistics}

    def told(self, believed: Severity | None, end: datetime) -> Incident:
        """Return what it is once people were told of it in the window that ended then."""
        return replace(self, believed=believed, told_end=end)

    def changes_since(self, start: datetime) -> int:
        """Count how often it was fired or resolved in windows that ended after ``start``."""
        return sum(change > start for change in self.changes)

    def is_silent_since(self, end: datetime, forget_after: timedelta) -> bool:
        """Tell whether it is not settled and no window has said anything of it for long."""
        return (
            not self.is_settled and self.last_end is not None and self.last_end + forget_after < end
        )

    def _change(self, end: datetime, *, is_open: bool) -> Incident:
        changes = (*self.changes, end)[-_CHANGES:]
        return replace(self, is_open=is_open, fine_windows=0, changes=changes)

"""How long the rows of each table are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from types import MappingProxyType

from sparkmon.errors import OptionError

TIME_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "panes": "window_end",
        "event_digests": "last_event_time",
        "closed_windows": "window_end",
        "profiles": "window_end",
        "drift_metrics": "window_end",
        "alerts": "window_end",
        "deliveries": "time",
        "rows": "event_time",
        "dead_letters": "event_time",
    }
)
"""The column by which the rows of a table grow old."""

MAINTAINED = (*TIME_COLUMNS, "alert_actions", "monitors")
"""The tables that are compacted: rows of the last two are kept for good."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the rows of each table are kept; null for good.

    Age is the distance to the newest row of the table, or to now if that row is later: a log of years ago that is
    replayed keeps its results. Rows without a time are kept.

    Raises
    ------
    OptionError
        An interval is not longer than 0.

    Examples
    --------
    >>> Retention().profiles.days
    400
    >>> Retention(rows=timedelta())
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got rows=datetime.timedelta(0); expected an interval longer than 0
    """

    panes: timedelta | None = timedelta(days=2)
    """Partial profiles of windows that have closed; those of open windows are kept."""
    event_digests: timedelta | None = timedelta(days=2)
    """Digests of events, by which redelivered ones are recognised."""
    closed_windows: timedelta | None = timedelta(days=400)
    """Which windows have closed."""
    profiles: timedelta | None = timedelta(days=400)
    """Profiles of windows."""
    drift_metrics: timedelta | None = timedelta(days=400)
    """Findings."""
    alerts: timedelta | None = timedelta(days=400)
    """Alerts."""
    deliveries: timedelta | None = timedelta(days=90)
    """Attempts to deliver notifications."""
    rows: timedelta | None = timedelta(days=7)
    """Decoded rows."""
    dead_letters: timedelta | None = timedelta(days=30)
    """Events that could not be decoded."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and value <= timedelta():
                raise OptionError.malformed(each.name, value, "an interval longer than 0")

    def of(self, table: str) -> timedelta | None:
        """Return how long the rows of a table are kept; None for good."""
        value: timedelta | None = getattr(self, table, None)
        return value

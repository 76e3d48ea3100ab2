"""The time in a stream that is idle, and when its next window is due to close; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sparkmon.interval import EPOCH

__all__ = ["Clock", "IdleTracker", "QueryProgress"]


@dataclass(frozen=True, slots=True)
class Clock:
    """When windows end, and how far the watermark trails the newest event.

    Examples
    --------
    >>> from datetime import timezone
    >>> clock = Clock(timedelta(hours=1), timedelta(minutes=20), timedelta(minutes=5))
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
    >>> clock.last_end(noon + timedelta(minutes=50)).minute
    40
    """

    window: timedelta
    slide: timedelta
    delay: timedelta

    def last_end(self, time: datetime) -> datetime:
        """Return the last end of a window that is not after ``time``."""
        return time - (time - EPOCH - self.window) % self.slide

    def all_closed(self, watermark: datetime) -> datetime:
        """Return the end of the last window that can contain an event up to now."""
        return self.last_end(watermark + self.delay + self.window)


@dataclass(frozen=True, slots=True)
class QueryProgress:
    """The progress of a query at one moment."""

    had_events: bool
    """Whether events came since the progress before."""
    is_busy: bool
    """Whether rows are being processed, or wait."""
    watermark: datetime | None
    """After the last batch; None before the first."""
    open_groups: int
    """The number of groups of open windows in the state."""


class IdleTracker:
    """Keeps the time of an idle stream: from the last event on, it advances with the wall clock.

    Parameters
    ----------
    clock : Clock
        The windows.
    idle : timedelta
        A stream is idle once no events have come for this long.

    Notes
    -----
    The watermark of a running stream trails its newest event by the delay. In an idle stream it should be where an
    event of this moment would put it: at the last event's watermark plus the time since then. A replay of an old log
    stays in its own time, and a stream that lags keeps its lag. Only the ends of windows matter.

    Examples
    --------
    >>> from datetime import timezone
    >>> hour = timedelta(hours=1)
    >>> tracker = IdleTracker(Clock(hour, hour, hour), timedelta(minutes=1))
    >>> eight = datetime(2026, 1, 5, 8, tzinfo=timezone.utc)
    >>> progress = QueryProgress(had_events=False, is_busy=False, watermark=eight + 0.75 * hour, open_groups=3)
    >>> tracker.due(0.0, progress), tracker.due(890.0, progress)
    (None, None)
    >>> tracker.due(900.0, progress) == eight + hour
    True
    """

    def __init__(self, clock: Clock, idle: timedelta) -> None:
        self._clock, self._idle = clock, idle
        self._since: float | None = None
        self._events_watermark: datetime | None = None
        self._last_due: datetime | None = None

    def due(self, now: float, progress: QueryProgress) -> datetime | None:
        """Return the watermark that is due: the end of a window; None as long as it may stay.

        Parameters
        ----------
        now : float
            Seconds on a clock that is never set back.
        progress : QueryProgress
            The query's progress.
        """
        watermark = progress.watermark
        if self._since is None or progress.had_events:
            self._since, self._events_watermark, self._last_due = now, None, None
        if progress.is_busy or watermark is None:
            return None
        if self._last_due is None:
            # The last events' own watermark shows in the batch after theirs.
            self._events_watermark = watermark
        if not progress.open_groups or self._events_watermark is None:
            return None
        idle = timedelta(seconds=now - self._since)
        end = self._clock.last_end(self._events_watermark + idle)
        if idle < self._idle or end <= max(watermark, self._last_due or watermark):
            return None
        self._last_due = end
        return end

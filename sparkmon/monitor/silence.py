"""What time it is in a stream that has fallen silent, and when a window is due to close; pure, easy to test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

__all__ = ["Clock", "Look", "Silence"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Clock:
    """When windows end, and how far the watermark trails the newest event.

    Examples
    --------
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
        return time - (time - _EPOCH - self.window) % self.slide

    def all_closed(self, watermark: datetime) -> datetime:
        """Return the end of the last window that an event can be in which the watermark has seen."""
        return self.last_end(watermark + self.delay + self.window)


@dataclass(frozen=True, slots=True)
class Look:
    """What a query tells of itself at one moment."""

    had_events: bool
    """Whether events came since the last look."""
    is_busy: bool
    """Whether rows are being processed, or wait for it."""
    watermark: datetime | None
    """After the last batch; None before the first."""
    open_groups: int
    """How many groups of open windows the state holds."""


class Silence:
    """Keeps the time of a silent stream: it goes on at the wall's rate from where the events left it.

    Parameters
    ----------
    clock : Clock
        The windows.
    idle : timedelta
        How long no events must have come for it to count as silence.

    Notes
    -----
    The watermark of a stream that goes on trails its newest event by the delay. In silence it should be where it would
    be had an event come just now: at the last event's watermark and the time since then. A replay of an old log stays
    in its own time, and a stream that lags keeps its lag. Only the ends of windows matter: nothing happens between.

    Examples
    --------
    >>> hour = timedelta(hours=1)
    >>> silence = Silence(Clock(hour, hour, hour), timedelta(minutes=1))
    >>> eight = datetime(2026, 1, 5, 8, tzinfo=timezone.utc)
    >>> look = Look(had_events=False, is_busy=False, watermark=eight + 0.75 * hour, open_groups=3)
    >>> silence.due(0.0, look), silence.due(890.0, look)
    (None, None)
    >>> silence.due(900.0, look) == eight + hour
    True
    """

    def __init__(self, clock: Clock, idle: timedelta) -> None:
        self._clock, self._idle = clock, idle
        self._since: float | None = None
        self._left: datetime | None = None
        self._told: datetime | None = None

    def due(self, now: float, look: Look) -> datetime | None:
        """Return where the watermark is due to be moved: the end of a window; None as long as it may stay.

        Parameters
        ----------
        now : float
            Seconds on a clock that is never set back.
        look : Look
            What the query tells.
        """
        if self._since is None or look.had_events:
            self._since, self._left, self._told = now, None, None
        if look.is_busy or look.watermark is None:
            return None
        if self._told is None:
            # The last events' own watermark shows in the batch after theirs.
            self._left = look.watermark
        if not look.open_groups or self._left is None:
            return None
        passed = timedelta(seconds=now - self._since)
        end = self._clock.last_end(self._left + passed)
        if passed < self._idle or end <= max(look.watermark, self._told or look.watermark):
            return None
        self._told = end
        return end

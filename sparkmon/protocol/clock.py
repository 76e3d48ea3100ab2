"""Events whose clock is ahead: one of them must not move the time for all others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sparkmon.protocol.limits import Limits
from sparkmon.records import DeadLetter, Event


def bounded(event: Event, received_time: datetime | None, limits: Limits) -> Event:
    """Set an event aside that claims a time well after it was received.

    The newest event sets the time of a stream: one from the year 2099 would close every window, and all that came after
    it would be late. A pod whose clock is an hour ahead would do so for an hour.

    Parameters
    ----------
    event : Event
        As it was read.
    received_time : datetime or None
        When it came, by the clock of who received it; without it the event stays as it is.
    limits : Limits
        ``ahead_s`` is allowed.

    Returns
    -------
    Event
        The same, or the dead letter ``TIME_AHEAD`` at the time at which it was received. What was a dead letter before
        keeps its reason.

    Examples
    --------
    >>> from datetime import timezone
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
    >>> event = Event("1", "request", "pod", noon + timedelta(hours=1), b"{}")
    >>> kept = bounded(event, noon, Limits())
    >>> print(kept.event_time, kept.dead_letter)
    2026-01-05 12:00:00+00:00 [TIME_AHEAD] got the time 2026-01-05T13:00:00+00:00, 3600 s after the event was received;
    300 s are allowed: set the sender's clock
    """
    if received_time is None or event.event_time <= received_time + timedelta(
        seconds=limits.ahead_s
    ):
        return event
    ahead = (event.event_time - received_time).total_seconds()
    letter = DeadLetter(
        "TIME_AHEAD",
        f"got the time {event.event_time.isoformat()}, {ahead:.0f} s after the event was received; "
        f"{limits.ahead_s:g} s are allowed: set the sender's clock",
    )
    return replace(event, event_time=received_time, dead_letter=event.dead_letter or letter)

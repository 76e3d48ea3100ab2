"""What one sink has still to be given, in order, and when it is tried again: pure."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sparkmon.sinks import Notification

__all__ = ["GIVE_UP_AFTER", "Mailbag", "Parcel"]

GIVE_UP_AFTER = timedelta(days=1)
_FIRST_S, _LONGEST_S = 1.0, 300.0
_PROBE_AT = 5


@dataclass(slots=True)
class Parcel:
    """A notification on its way to one sink."""

    notification: Notification
    attempts: int = 0
    """How often it was tried."""
    others_went: bool = False
    """Whether the sink has taken another since this one last failed."""


class Mailbag:
    """Keeps parcels in the order in which they came, and waits longer after each failure.

    Parameters
    ----------
    jitter : callable, optional
        Returns a number from 0 to 1 at each failure, so that many monitors do not come back at the same moment.

    Notes
    -----
    Waiting begins at 1 s and doubles up to 5 minutes, 20 % more or less, and is never shorter than the sink asked for.
    The first parcel is tried until it went, so that what is resolved is not told before it was fired. It is given up
    after a day; or when the sink refuses it for good; or, from its fifth failure on, if the sink takes the next one in
    its stead and then fails this one again: it is then the parcel, not the sink, that is broken.

    Examples
    --------
    >>> from datetime import timezone
    >>> now = datetime(2026, 1, 5, tzinfo=timezone.utc)
    >>> note = Notification("n", "fired", "info", "m", "", None, None, 1, (), now)
    >>> bag = Mailbag(jitter=lambda: 0.5)
    >>> bag.put(Parcel(note))
    >>> parcel = bag.due(now)
    >>> bag.failed(parcel, now), bag.due(now), bag.due(now + timedelta(seconds=1)) is parcel
    (datetime.datetime(2026, 1, 5, 0, 0, 1, tzinfo=datetime.timezone.utc), None, True)
    """

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._parcels: deque[Parcel] = deque()
        self._jitter = jitter
        self._failures = 0
        self.next_time: datetime | None = None
        """Before then nothing is tried; None where nothing has failed."""

    def __len__(self) -> int:
        return len(self._parcels)

    def put(self, parcel: Parcel) -> None:
        """Add a parcel at the end."""
        self._parcels.append(parcel)

    def due(self, now: datetime) -> Parcel | None:
        """Return the parcel to try now; None where there is none, or it is too early."""
        if not self._parcels or (self.next_time is not None and now < self.next_time):
            return None
        first = self._parcels[0]
        looks_broken = first.attempts >= _PROBE_AT and not first.others_went
        if looks_broken and len(self._parcels) > 1 and first.attempts % 2:
            return self._parcels[1]
        return first

    def went(self, parcel: Parcel) -> None:
        """Take out a parcel that the sink has taken."""
        self._parcels.remove(parcel)
        self._failures, self.next_time = 0, None
        for other in self._parcels:
            other.others_went = True

    def failed(
        self,
        parcel: Parcel,
        now: datetime,
        *,
        permanent: bool = False,
        retry_after_s: float | None = None,
    ) -> datetime | None:
        """Note a failure; return when the parcel is tried again, None where it was given up.

        Parameters
        ----------
        parcel : Parcel
            What was tried.
        now : datetime
            The time.
        permanent : bool
            Whether the sink refused it for good.
        retry_after_s : float, optional
            How long the sink asks to wait, in seconds.
        """
        parcel.attempts += 1
        is_broken = parcel.attempts > _PROBE_AT and parcel.others_went
        is_old = now - parcel.notification.created_time >= GIVE_UP_AFTER
        if permanent or is_broken or is_old:
            self._parcels.remove(parcel)
            return None
        parcel.others_went = False
        if self._parcels[0] is not parcel:
            self._parcels[0].attempts += 1  # it had its turn
        wait = min(_FIRST_S * 2.0**self._failures, _LONGEST_S) * (0.8 + 0.4 * self._jitter())
        self._failures = min(self._failures + 1, 30)
        self.next_time = now + timedelta(seconds=max(wait, retry_after_s or 0.0))
        return self.next_time

"""When to try again: exponential back-off with jitter, and what a server says by ``Retry-After``."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

_TEMPORARY_STATUSES = frozenset({408, 425, 429})
"""The HTTP statuses below 500 after which the same request may succeed."""


def is_temporary(status: int) -> bool:
    """Return whether the same request may succeed later."""
    return status >= 500 or status in _TEMPORARY_STATUSES


@dataclass(frozen=True)
class Backoff:
    """Pauses that start at ``first_s``, double with each failure up to ``longest_s``, and differ by up to 20 %."""

    first_s: float
    longest_s: float
    jitter: Callable[[], float] = random.random
    """Returns a number from 0 to 1, so that many processes do not retry at the same moment."""

    def pause_s(self, failures: int) -> float:
        """Return the seconds to wait after this many failures before the last one."""
        return min(self.first_s * 2.0 ** min(failures, 30), self.longest_s) * (0.8 + 0.4 * self.jitter())


def retry_after_s(value: str | None, now: datetime, longest_s: float) -> float | None:
    """Read a ``Retry-After`` header, seconds or an HTTP date, as seconds from ``now``, from 0 to ``longest_s``.

    None without the header, or if it has neither of the two forms.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), longest_s)
    try:
        time = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    seconds = (time.replace(tzinfo=time.tzinfo or timezone.utc) - now).total_seconds()
    return min(max(seconds, 0.0), longest_s)

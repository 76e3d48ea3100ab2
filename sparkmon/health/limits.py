"""When a monitor is not well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sparkmon.errors import OptionError

__all__ = ["HealthLimits"]


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """What a monitor's health is held against.

    Raises
    ------
    OptionError
        A value is out of its range.

    Examples
    --------
    >>> HealthLimits().stalled_after
    datetime.timedelta(seconds=600)
    >>> HealthLimits(dead_letter_share=2)
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got dead_letter_share=2; expected 0 to 1
    """

    stalled_after: timedelta = timedelta(minutes=10)
    """No batch has ended for so long although events wait: the monitor is blind."""
    silent_after: timedelta | None = timedelta(days=1)
    """No events have come for so long, of any model or of one; None for never."""
    dead_letter_share: float = 0.01
    """More than this share of the events of the last hour could not be decoded."""
    late_share: float = 0.01
    """More than this share of the events of the last hour came too late for their window."""
    undelivered_after: timedelta = timedelta(minutes=10)
    """A sink has failed for so long."""

    def __post_init__(self) -> None:
        for name in ("dead_letter_share", "late_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise OptionError.malformed(name, getattr(self, name), "0 to 1")
        for name in ("stalled_after", "silent_after", "undelivered_after"):
            value = getattr(self, name)
            if value is not None and value <= timedelta():
                raise OptionError.malformed(name, value, "an interval longer than 0")

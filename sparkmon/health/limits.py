"""The thresholds of the health checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sparkmon.errors import OptionError


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """The thresholds of a monitor's health checks.

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
    """The monitor has stalled if no batch ends for this long although events wait."""
    silent_after: timedelta | None = timedelta(days=1)
    """Report that no events come, of any model or of one, after this long; None for never."""
    dead_letter_share: float = 0.01
    """The largest share of the last hour's events that may be dead letters."""
    late_share: float = 0.01
    """The largest share of the last hour's events that may come too late for their window."""
    undelivered_after: timedelta = timedelta(minutes=10)
    """Report a sink that has failed for this long."""

    def __post_init__(self) -> None:
        for name in ("dead_letter_share", "late_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise OptionError.malformed(name, getattr(self, name), "0 to 1")
        for name in ("stalled_after", "silent_after", "undelivered_after"):
            value = getattr(self, name)
            if value is not None and value <= timedelta():
                raise OptionError.malformed(name, value, "an interval longer than 0")

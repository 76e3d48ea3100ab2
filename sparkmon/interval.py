"""Lengths of time as Spark writes them, understood without Spark; and where time begins."""

import re
from datetime import datetime, timedelta, timezone

from sparkmon.errors import OptionError

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
"""Where Spark's windows begin, and the time of an event without one."""

_UNITS = ("microsecond", "millisecond", "second", "minute", "hour", "day", "week")
_PART = re.compile(rf"(\d{{1,9}})\s+({'|'.join(_UNITS)})s?", re.I)
_WHOLE = re.compile(rf"(?:interval\s+)?{_PART.pattern}(?:\s+{_PART.pattern})*", re.I)


def parse_interval(name: str, text: str) -> timedelta:
    """Read the option ``name``, an interval such as ``1 hour``, ``90 minutes`` or ``1 day 12 hours``, or OptionError.

    Months and years have no fixed length and are refused, as Spark's windows refuse them.

    >>> parse_interval("window", "1 day 12 hours")
    datetime.timedelta(days=1, seconds=43200)
    >>> parse_interval("window", "1 month")
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got window='1 month'; expected an interval such as '1 hour', \
'90 minutes' or '1 day 12 hours'
    """
    if not _WHOLE.fullmatch(text.strip()):
        expected = "an interval such as '1 hour', '90 minutes' or '1 day 12 hours'"
        raise OptionError.malformed(name, text, expected)
    parts = [(unit.lower() + "s", int(number)) for number, unit in _PART.findall(text)]
    return sum((timedelta(**{unit: number}) for unit, number in parts), timedelta())


def format_interval(length: timedelta) -> str:
    """Write an interval as :func:`parse_interval` reads it."""
    parts, rest = [], length
    for unit in ("day", "hour", "minute", "second", "microsecond"):
        count, rest = divmod(rest, timedelta(**{f"{unit}s": 1}))
        if count:
            parts.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(parts) or "0 seconds"


def from_micros(micros: int) -> datetime:
    """Return the time that is so many microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=micros)


def to_micros(time: datetime) -> int:
    """Return a time as microseconds since 1970, cut to whole ones."""
    return (time - EPOCH) // timedelta(microseconds=1)

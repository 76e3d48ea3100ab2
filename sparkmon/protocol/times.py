"""RFC 3339 timestamps, as CloudEvents carry them, to UTC datetimes."""

import re
from datetime import datetime, timedelta, timezone

from sparkmon.interval import EPOCH

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?"
    r"([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_FIRST_RECEIPT = datetime(1971, 1, 1, tzinfo=timezone.utc)


def parse_time(text: str) -> datetime | None:
    """Read an RFC 3339 timestamp as UTC; digits beyond microseconds are cut, not rounded.

    None if it is none, or before 1970: a time that was never set is in the year 1 in Go.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction, zone = match.group(7), match.group(8)
    microsecond = int(fraction[:6].ljust(6, "0")) if fraction else 0
    try:
        time = datetime(year, month, day, hour, minute, second, microsecond, timezone.utc)
        if zone not in "Zz":
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
            time = time - offset if zone[0] == "+" else time + offset
    except (ValueError, OverflowError):
        return None
    return time if time >= EPOCH else None


def receipt_time(time: datetime | None) -> datetime | None:
    """Return when an event was received; None where a clock says nothing: -1, or seconds read as milliseconds."""
    return None if time is None or time < _FIRST_RECEIPT else time

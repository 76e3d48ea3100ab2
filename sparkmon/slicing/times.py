"""Parts of dates and times: of texts as they are written, and of seconds since 1970 in UTC."""

import re
from datetime import date
from functools import cache
from typing import NamedTuple
from zoneinfo import available_timezones

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_SPACE = "".join(map(chr, (*range(33), 127)))
_TIME = re.compile(
    r"([+-]?)(\d{4,6})(?:-(\d\d?)(?:-(\d\d?)(?:[ T](\d\d?)(?::(\d\d?)(?::(\d\d?)(?:\.(\d*))?(\D.*)?)?)?)?)?)?",
    re.ASCII | re.DOTALL,
)
_OFFSET = re.compile(
    r"(?:UTC|GMT|UT)?[+-](?:(\d\d?)|(\d\d?):(\d\d?)|(\d\d)(\d\d)(\d\d)?|(\d\d?):(\d\d):(\d\d))", re.ASCII
)
_SHORT_ZONES = frozenset(
    (
        *("Z", "UTC", "GMT", "UT", "ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT"),
        *("CST", "CTT", "EAT", "ECT", "EST", "HST", "IET", "IST", "JST", "MIT", "MST", "NET"),
        *("NST", "PLT", "PNT", "PRT", "PST", "SST", "VST"),
    )
)
_EPOCH = date(1970, 1, 1).toordinal()
_CYCLE_DAYS = 146_097
"""How many days 400 years have."""
_DAY_S = 86_400
_LAST_S = 250_000_000_000.0
"""Past the year 9800."""


class Time(NamedTuple):
    """What is read of a time."""

    hour: int
    dayofweek: int
    """1 is Sunday."""
    month: int
    year: int


def time_of(text: str) -> Time | None:
    """Read a date or a time as Spark does, and leave its zone out; None if the text is none.

    The zone has to be an offset or a name that this machine's database has.

    >>> time_of("2026-01-05T13:00:00Z"), time_of("5 Jan 2026")
    (Time(hour=13, dayofweek=2, month=1, year=2026), None)
    """
    match = _TIME.fullmatch(text.strip(_SPACE))
    if match is None:
        return None
    sign, *groups, fraction, zone = match.groups()
    numbers = (int(each or least) for each, least in zip(groups, "111000", strict=True))
    year, month, day, hour, minute, second = numbers
    if hour > 23 or max(minute, second) > 59 or (zone and not _is_zone(zone.strip(_SPACE[:33]))):
        return None
    year = -year if sign == "-" else year
    try:
        same = date(2000 + year % 400, month, day)  # the calendar repeats
    except ValueError:
        return None
    days = same.toordinal() - _EPOCH + (year - same.year) // 400 * _CYCLE_DAYS
    micros = int(f"{(fraction or '')[:6]:0<6}")
    since = (days * _DAY_S + hour * 3600 + minute * 60 + second) * 1_000_000 + micros
    if not -(2**63) <= since < 2**63:
        return None
    return Time(hour, same.isoweekday() % 7 + 1, month, year)


def _is_zone(zone: str) -> bool:
    if match := _OFFSET.fullmatch(zone):
        hours, *smaller = (int(each) for each in match.groups() if each)
        return max(smaller, default=0) <= 59 and (hours < 18 or (hours == 18 and not any(smaller)))
    return zone in _SHORT_ZONES or zone in _zones()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def part_of_seconds(name: str, seconds: FloatArray) -> FloatArray:
    """Return a part of seconds since 1970; NaN where they are no date, for the hour of what is not finite."""
    if name == "hour":
        return np.floor(np.fmod(np.mod(seconds, _DAY_S), _DAY_S) / 3600)
    is_date = np.abs(seconds) < _LAST_S
    days = np.floor(np.where(is_date, seconds, 0) / _DAY_S).astype(np.int64)
    if name == "dayofweek":
        return np.where(is_date, (days + 4) % 7 + 1, np.nan)
    months = days.astype("M8[D]").astype("M8[M]").astype(np.int64)
    return np.where(is_date, months % 12 + 1 if name == "month" else months // 12 + 1970, np.nan)

"""What a column holds, by its declared type, and how its values are read and written.

MySQL and SQLite both compare and store values of other types by silent conversions (to MySQL ``'7abc' = 7`` is true),
so that everything is brought to the column's own type here, before and after.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from numbers import Integral
from typing import Any

from sparkmon.store.online import FeatureValue

_MAX_ID_CHARACTERS = 3072  # what MySQL's longest index holds; a longer id finds nothing
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)
_EXACT_BELOW = 2.0**53


@dataclass(frozen=True)
class Kind:
    """What a column holds."""

    words: str
    declared: str
    """The names of its types."""
    values: tuple[type, ...] = (object,)
    """The types of the values that it holds as they are."""
    identify: Callable[[object], FeatureValue] | None = None
    """Makes the value that an id stands for, where a key may be of this kind: of what is the same however written."""
    read: Callable[[Any], FeatureValue] | None = None
    """Makes a value of what drivers give, where that is not the value itself; times are in UTC."""

    def as_id(self, value: object) -> FeatureValue:
        """Return an id as the one value of this kind that it stands for; None if it stands for none.

        An integer column takes integers, floats that are whole, and their plain decimal text; a text column text and
        integers; a date or timestamp column ISO text too. A bool is no integer. Text is compared to the letter.
        """
        with suppress(ValueError, OverflowError):
            return None if self.identify is None else self.identify(value)
        return None

    def takes(self, value: FeatureValue) -> bool:
        """Return whether a column holds such a value as it is; None fits all."""
        if value is None or self is OTHER:
            return True
        return isinstance(value, self.values) and not (
            (isinstance(value, bool) and self is not INTEGER) or (isinstance(value, datetime) and self is not TIMESTAMP)
        )


def _integer(value: object) -> int | None:
    if isinstance(value, float):
        value = int(value) if value.is_integer() and abs(value) <= _EXACT_BELOW else None
    elif isinstance(value, str):
        value = int(value) if _INTEGER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, Integral):
        return None
    whole = int(value)
    return whole if -(2**63) <= whole < 2**63 else None


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        whole = None if isinstance(value, float) else _integer(value)
        return None if whole is None else str(whole)
    if len(value) > _MAX_ID_CHARACTERS:
        return None
    value.encode()  # half a surrogate pair is in no column
    return value


def _bytes(value: object) -> bytes | None:
    return value if isinstance(value, bytes) and len(value) <= _MAX_ID_CHARACTERS else None


def _date(value: object) -> date | None:
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _timestamp(value: object) -> datetime | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return None
    return value.astimezone(timezone.utc) if value.tzinfo else value.replace(tzinfo=timezone.utc)


def _read_decimal(value: Any) -> FeatureValue:  # noqa: ANN401 - a driver's value
    return value if isinstance(value, Decimal) else Decimal(str(value))


_INTEGERS = "tinyint smallint mediumint int integer bigint bool boolean bit year"
_TEXTS = "char varchar tinytext text mediumtext longtext enum set json"
_BYTES = "binary varbinary tinyblob blob mediumblob longblob"
INTEGER = Kind("an integer", _INTEGERS, (int,), _integer)
TEXT = Kind("text", _TEXTS, (str,), _text)
TIMESTAMP = Kind("a timestamp", "timestamp datetime", (datetime, date), _timestamp, _timestamp)
OTHER = Kind("something else", "")
_KINDS = (
    *(INTEGER, TEXT, TIMESTAMP),
    Kind("a number", "float double real", (float, int)),
    Kind("a decimal", "decimal decimal_text numeric", (Decimal, int), read=_read_decimal),
    Kind("bytes", _BYTES, (bytes,), _bytes),
    Kind("a date", "date", (date,), _date, _date),
)
_BY_NAME = {name: kind for kind in _KINDS for name in kind.declared.split()}


def kind_of(declared: str) -> Kind:
    """Return what a column of this declared type, such as ``bigint(20) unsigned``, holds."""
    name = re.match(r"\w*", declared.lower())
    return _BY_NAME.get(name.group() if name else "", OTHER)


def bound(value: FeatureValue, as_text: bool) -> FeatureValue:
    """Return a value as the database's driver takes it; ``as_text`` where it has no times and decimals (SQLite)."""
    if isinstance(value, datetime):
        value = value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value
        return value.isoformat(" ", "microseconds") if as_text else value
    if as_text and isinstance(value, date):
        return value.isoformat()
    if as_text and isinstance(value, Decimal):
        return format(value, "f")
    return value

"""What a column holds, by its declared type, and how its values are read and written.

MySQL and SQLite both compare and store values of other types by silent conversions (to MySQL ``'7abc' = 7`` is true),
so that everything is brought to the column's own type here, before and after.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from numbers import Integral
from typing import Any

from sparkmon.store.online import FeatureValue

_MAX_ID_CHARACTERS = 3072  # what MySQL's longest index holds; a longer id finds nothing
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)
_EXACT_BELOW = 2.0**53


class Kind(Enum):
    """What a column holds."""

    INTEGER = "an integer"
    REAL = "a number"
    DECIMAL = "a decimal"
    TEXT = "text"
    BYTES = "bytes"
    DATE = "a date"
    TIMESTAMP = "a timestamp"
    OTHER = "something else"


_KINDS = {
    Kind.INTEGER: "tinyint smallint mediumint int integer bigint bool boolean bit year",
    Kind.REAL: "float double real",
    Kind.DECIMAL: "decimal decimal_text numeric",
    Kind.TEXT: "char varchar tinytext text mediumtext longtext enum set json",
    Kind.BYTES: "binary varbinary tinyblob blob mediumblob longblob",
    Kind.DATE: "date",
    Kind.TIMESTAMP: "timestamp datetime",
}
_BY_NAME = {name: kind for kind, names in _KINDS.items() for name in names.split()}


def kind_of(declared: str) -> Kind:
    """Return what a column of this declared type holds.

    >>> kind_of("bigint(20) unsigned"), kind_of("VARCHAR(100)"), kind_of("geometry")
    (<Kind.INTEGER: 'an integer'>, <Kind.TEXT: 'text'>, <Kind.OTHER: 'something else'>)
    """
    name = re.match(r"\w*", declared.lower())
    return _BY_NAME.get(name.group() if name else "", Kind.OTHER)


def as_id(kind: Kind, value: object) -> FeatureValue:
    """Return an id as the one value of the column's type that it stands for; None if it stands for none.

    An integer column takes integers, floats that are whole, and their plain decimal text; a text column text and
    integers; a date or timestamp column ISO text too. A bool is no integer. Text is compared to the letter.

    >>> as_id(Kind.INTEGER, "7"), as_id(Kind.INTEGER, 7.0), as_id(Kind.TEXT, 7)
    (7, 7, '7')
    >>> [as_id(Kind.INTEGER, value) for value in ("7abc", "07", 7.5, float("nan"), True, 2**70)]
    [None, None, None, None, None, None]
    """
    with suppress(KeyError, ValueError, OverflowError):
        return _IDS[kind](value)
    return None


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


_IDS: dict[Kind, Callable[[object], FeatureValue]] = {
    Kind.INTEGER: _integer,
    Kind.TEXT: _text,
    Kind.BYTES: _bytes,
    Kind.DATE: _date,
    Kind.TIMESTAMP: _timestamp,
}
KEY_KINDS = frozenset(_IDS)
"""What a key may hold: what is the same however it is written."""


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


def writable(kind: Kind, value: FeatureValue) -> bool:
    """Return whether a column of this kind holds such a value as it is; None fits all."""
    if value is None or kind is Kind.OTHER:
        return True
    return isinstance(value, _WRITABLE[kind]) and not (
        (isinstance(value, bool) and kind is not Kind.INTEGER)
        or (isinstance(value, datetime) and kind is not Kind.TIMESTAMP)
    )


_WRITABLE: dict[Kind, tuple[type, ...]] = {
    Kind.INTEGER: (int,),
    Kind.REAL: (float, int),
    Kind.DECIMAL: (Decimal, int),
    Kind.TEXT: (str,),
    Kind.BYTES: (bytes,),
    Kind.DATE: (date,),
    Kind.TIMESTAMP: (datetime, date),
}


def _read_decimal(value: Any) -> FeatureValue:  # noqa: ANN401 - a driver's value
    return value if isinstance(value, Decimal) else Decimal(str(value))


READERS: dict[Kind, Callable[[Any], FeatureValue]] = {
    Kind.DATE: _date,
    Kind.TIMESTAMP: _timestamp,
    Kind.DECIMAL: _read_decimal,
}
"""What makes values of what drivers give, where that is not the value itself; times are in UTC."""

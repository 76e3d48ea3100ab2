"""Online rows into a feature group's table, which the first write creates."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import sqlalchemy as sa

from sparkmon.errors import OptionError
from sparkmon.store.online import Entry, FeatureValue
from sparkmon.store.sql.avro import AvroColumn
from sparkmon.store.sql.columns import Kind, bound, kind_of
from sparkmon.store.sql.statements import columns_statement, create_statement, replace_statement

_KEY_CHARACTERS = 255
_KEYS_CHARACTERS = 768  # together: 3072 bytes, the longest key of a MySQL table, at 4 bytes each
_MIXED = {frozenset({int, float}): float, frozenset({date, datetime}): datetime}
_TYPES: dict[type, str] = {
    bool: "TINYINT",
    int: "BIGINT",
    float: "DOUBLE",
    Decimal: "DECIMAL(38, 18)",
    str: "TEXT",
    bytes: "BLOB",
    date: "DATE",
    datetime: "TIMESTAMP(6)",  # in UTC whatever the server's time zone
}


def insert_rows(
    connection: sa.Connection, group: str, key: Sequence[str], rows: Sequence[Entry], avro: Mapping[str, str]
) -> None:
    """Write rows in place of those with the same key; see :meth:`OnlineStore.write_rows`."""
    lacking = [name for name in key if any(row.get(name) is None for row in rows)]
    if lacking or not key:
        raise OptionError.missing("key", f"columns that every row of {group!r} has")
    names = list(dict.fromkeys(name for row in rows for name in row))
    encoded = _encoded(group, rows, avro)
    if not sa.inspect(connection).has_table(group):
        types = {name: _type(connection.dialect, group, name, key, encoded) for name in names}
        connection.exec_driver_sql(create_statement(connection.dialect, group, types, key))
    kinds = _kinds(connection, group, key, names)
    _check(group, encoded, kinds)
    as_text = connection.dialect.name == "sqlite"
    values = [tuple([bound(row.get(name), as_text) for name in kinds]) for row in encoded]
    connection.exec_driver_sql(replace_statement(connection.dialect, group, list(kinds)), values)


def exact_text(dialect: sa.Dialect, length: int) -> str:
    """Return the type of text that is compared exactly: case, accents, trailing blanks."""
    if dialect.name == "sqlite":
        return f"VARCHAR({length})"
    collation = "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
    return f"VARCHAR({length}) CHARACTER SET utf8mb4 COLLATE {collation}"


def _encoded(group: str, rows: Sequence[Entry], avro: Mapping[str, str]) -> list[dict[str, FeatureValue]]:
    """Return rows with the bytes of Avro columns, numpy's scalars as Python's, and NULL for NaN, which MySQL lacks."""
    columns = {name: AvroColumn(group, name, schema) for name, schema in avro.items()}

    def encoded(name: str, scalar: FeatureValue | np.generic) -> FeatureValue:
        value: FeatureValue = scalar.item() if isinstance(scalar, np.generic) else scalar
        if name in columns and value is not None:
            return columns[name].encode(value)
        return None if isinstance(value, float) and math.isnan(value) else value

    return [{name: encoded(name, value) for name, value in row.items()} for row in rows]


def _type(dialect: sa.Dialect, group: str, name: str, key: Sequence[str], rows: Sequence[Entry]) -> str:
    """Return the type, in Hopsworks' layout, of a new column that holds the rows' values."""
    kinds = {type(row[name]) for row in rows if row.get(name) is not None}
    kind = _MIXED.get(frozenset(kinds)) or next(iter(kinds), float)
    if len(kinds) > 1 and frozenset(kinds) not in _MIXED:
        types = ", ".join(sorted(each.__name__ for each in kinds))
        raise OptionError(f"got {types} in the column {name!r} of {group!r}; give it one type")
    if kind in {list, dict}:
        raise OptionError.missing("avro", "the Avro schema of each column of lists or dicts")
    if kind in {str, bytes} and name in key:
        length = min(_KEY_CHARACTERS, _KEYS_CHARACTERS // len(key))
        return f"VARBINARY({length})" if kind is bytes else exact_text(dialect, length)
    if kind is Decimal and dialect.name == "sqlite":
        # SQLite's own decimals are floats; a type with TEXT in its name keeps every digit.
        return "DECIMAL_TEXT"
    if kind not in _TYPES:
        raise OptionError(
            f"got {kind.__name__} in the column {name!r} of {group!r}; expected "
            f"{', '.join(each.__name__ for each in _TYPES)}, or lists or dicts with an Avro schema"
        )
    return _TYPES[kind]


def _kinds(connection: sa.Connection, group: str, key: Sequence[str], names: Sequence[str]) -> dict[str, Kind]:
    """Return what the table's columns hold, or raise OptionError if the rows have others."""
    columns = connection.exec_driver_sql(*columns_statement(connection.dialect, group)).all()
    kinds = {name: kind_of(declared) for name, declared, *_ in columns}
    unknown = sorted(set(names) - set(kinds))
    if unknown:
        raise OptionError(
            f"got the column {unknown[0]!r}, which the feature group {group!r} lacks; "
            f"its columns are {', '.join(sorted(kinds))}"
        )
    primary = [name for name, _, _, place, *_ in columns if place == "PRI"]
    if set(primary) != set(key):
        raise OptionError.malformed("key", list(key), f"the primary key of {group!r}, which is {', '.join(primary)}")
    return kinds


def _check(group: str, rows: Iterable[Entry], kinds: Mapping[str, Kind]) -> None:
    for row in rows:
        for name, value in row.items():
            if not kinds[name].takes(value):
                raise OptionError(
                    f"got {value!r:.100} for the column {name!r} of {group!r}, which holds {kinds[name].words}"
                )

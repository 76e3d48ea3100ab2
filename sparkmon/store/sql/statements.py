"""The statements sent to the driver: names quoted by SQLAlchemy, a placeholder for each value.

SQLAlchemy's own compiler mistakes some characters in names for placeholders (``%(x)s``), and has neither REPLACE nor
the declared types of SQLite; its quoting is correct.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Dialect

_SQLITE_COLUMNS = """\
SELECT name, type, "notnull", CASE WHEN pk > 0 THEN 'PRI' END
FROM pragma_table_info(?)"""


def columns_statement(dialect: Dialect, table: str) -> tuple[str, tuple[str, ...]]:
    """Return the statement that lists a table's columns, and its values.

    Each row begins with the column's name, its declared type, whether it may be null, and ``PRI`` for a part of the
    primary key. A table that is not there is an error to MySQL, and has no columns to SQLite.
    """
    if dialect.name == "sqlite":
        return _SQLITE_COLUMNS, (table,)
    return f"SHOW COLUMNS FROM {_quoted(dialect, [table])}", ()


def select_statement(dialect: Dialect, table: str, columns: Sequence[str], key: Sequence[str], size: int) -> str:
    """Return the statement that selects the rows of ``size`` keys, whose values follow each other."""
    names, place, key_columns = (_quoted(dialect, each) for each in (columns, [table], key))
    one = _marks(dialect, len(key))
    if len(key) > 1:
        one, key_columns = f"({one})", f"({key_columns})"
    many = ", ".join([one] * size)
    if len(key) > 1 and dialect.name == "sqlite":
        many = f"VALUES {many}"
    return f"SELECT {names} FROM {place} WHERE {key_columns} IN ({many})"


def create_statement(dialect: Dialect, table: str, types: Mapping[str, str], key: Sequence[str]) -> str:
    """Return the statement that creates a table, unless it is there, of columns and their types."""
    columns = [
        f"{_quoted(dialect, [name])} {declared} {'NOT NULL' if name in key else 'NULL'}"
        for name, declared in types.items()
    ]
    columns.append(f"PRIMARY KEY ({_quoted(dialect, key)})")
    charset = "" if dialect.name == "sqlite" else " CHARACTER SET utf8mb4"
    return f"CREATE TABLE IF NOT EXISTS {_quoted(dialect, [table])} ({', '.join(columns)}){charset}"


def replace_statement(dialect: Dialect, table: str, columns: Sequence[str]) -> str:
    """Return the statement that writes a whole row, in place of one with the same key."""
    names, place = _quoted(dialect, columns), _quoted(dialect, [table])
    return f"REPLACE INTO {place} ({names}) VALUES ({_marks(dialect, len(columns))})"


def _quoted(dialect: Dialect, names: Sequence[str]) -> str:
    return ", ".join(map(dialect.identifier_preparer.quote_identifier, names))


def _marks(dialect: Dialect, count: int) -> str:
    return ", ".join(["?" if dialect.name == "sqlite" else "%s"] * count)

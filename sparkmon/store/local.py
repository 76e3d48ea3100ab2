"""The embedded feature store: references in a Delta table and online rows in SQLite, in one directory."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.schema import REFERENCES
from sparkmon.errors import OptionError, ProfileError, StoreError
from sparkmon.store.contract import DEFAULT_REFERENCE, FeatureStore, FeatureValue

__all__ = ["LocalStore"]

_TYPES = {bool: "BOOLEAN", int: "INTEGER", float: "REAL", str: "TEXT", bytes: "BLOB"}


class LocalStore(FeatureStore):
    """A feature store in one directory, for a laptop, a test or a single job.

    Parameters
    ----------
    path : str or Path
        The directory; made at the first write. ``references/`` in it is a Delta table, ``online.sqlite`` a
        SQLite database.

    Notes
    -----
    *Consistency*: each write of references is one Delta commit, each write of rows one SQLite transaction.
    References are read and written through the active Spark session; online rows need no Spark.

    Examples
    --------
    >>> import tempfile
    >>> store = LocalStore(tempfile.mkdtemp())
    >>> store.write_rows("cards", ["card_id"], [{"card_id": 7, "limit": 500.0}])
    >>> store.read_rows("cards", [{"card_id": 7}, {"card_id": 8}])
    [{'card_id': 7, 'limit': 500.0}, None]
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()

    def __repr__(self) -> str:
        return f"LocalStore({str(self.path)!r})"

    def write_reference(self, table: pa.Table) -> None:
        """See :meth:`FeatureStore.write_reference`."""
        from pyspark.sql import SparkSession

        if table.schema.names != REFERENCES.names:
            raise ProfileError(
                f"got a reference with the columns {', '.join(table.schema.names)}; "
                f"expected {', '.join(REFERENCES.names)}"
            )
        keys = table.select(["model", "model_version", "reference"]).to_pylist()
        replaced = " OR ".join(
            "(" + " AND ".join(f"{name} = {_literal(value)}" for name, value in key) + ")"
            for key in sorted({tuple(row.items()) for row in keys})
        )
        spark = SparkSession.active()
        writer = spark.createDataFrame(table.cast(REFERENCES)).coalesce(1).write.format("delta")
        if self._references.exists():
            writer = writer.option("replaceWhere", replaced)
        writer.mode("overwrite").save(str(self._references))

    def read_references(self, reference: str = DEFAULT_REFERENCE) -> pa.Table:
        """See :meth:`FeatureStore.read_references`."""
        from pyspark.sql import SparkSession

        if not self._references.exists():
            return REFERENCES.empty_table()
        spark = SparkSession.active()
        table = spark.read.format("delta").load(str(self._references)).toArrow().cast(REFERENCES)
        return table.filter(pc.equal(table["reference"], pa.scalar(reference)))

    def write_rows(
        self, group: str, key: Sequence[str], rows: Sequence[Mapping[str, FeatureValue]]
    ) -> None:
        """See :meth:`FeatureStore.write_rows`."""
        if not rows:
            return
        lacking = [name for name in key if any(row.get(name) is None for row in rows)]
        if lacking or not key:
            raise OptionError.missing("key", f"columns that every row of {group!r} has")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection, connection:
                _insert(connection, group, key, rows)
        except (OSError, sqlite3.Error, OverflowError) as error:
            raise StoreError(f"cannot write {group!r} to {self!r}: {error}") from error

    def read_rows(
        self, group: str, keys: Sequence[Mapping[str, FeatureValue]]
    ) -> list[dict[str, FeatureValue] | None]:
        """See :meth:`FeatureStore.read_rows`."""
        if not self._online.exists():
            raise StoreError(f"{self!r} has no online rows; write them with write_rows")
        found: list[dict[str, FeatureValue] | None] = []
        with closing(self._connect()) as connection:
            for key in keys:
                # SQLite takes a quoted name that is no column as a string, unless its table is named.
                wanted = " AND ".join(f"{_name(group)}.{_name(column)} = ?" for column in key)
                try:
                    cursor = connection.execute(
                        f"SELECT * FROM {_name(group)} WHERE {wanted}", list(key.values())
                    )
                except (sqlite3.Error, OverflowError) as error:
                    raise StoreError(f"cannot read {group!r} from {self!r}: {error}") from error
                row = cursor.fetchone()
                names = [column[0] for column in cursor.description]
                found.append(None if row is None else dict(zip(names, row, strict=True)))
        return found

    @property
    def _references(self) -> Path:
        return self.path / "references"

    @property
    def _online(self) -> Path:
        return self.path / "online.sqlite"

    def _connect(self) -> sqlite3.Connection:
        sqlite3.register_converter("BOOLEAN", lambda value: value == b"1")
        return sqlite3.connect(self._online, detect_types=sqlite3.PARSE_DECLTYPES)


def _insert(
    connection: sqlite3.Connection,
    group: str,
    key: Sequence[str],
    rows: Sequence[Mapping[str, FeatureValue]],
) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    declared = ", ".join(f"{_name(column)} {_type(rows, column)}" for column in columns)
    primary = ", ".join(_name(column) for column in key)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {_name(group)} ({declared}, PRIMARY KEY ({primary}))"
    )
    held = {found[1] for found in connection.execute(f"PRAGMA table_info({_name(group)})")}
    if not held.issuperset(columns):
        raise OptionError(
            f"got the column {sorted(set(columns) - held)[0]!r}, which the feature group "
            f"{group!r} has not; its columns are {', '.join(sorted(held))}"
        )
    names = ", ".join(_name(column) for column in columns)
    marks = ", ".join("?" for _ in columns)
    connection.executemany(
        f"INSERT OR REPLACE INTO {_name(group)} ({names}) VALUES ({marks})",
        [[row.get(column) for column in columns] for row in rows],
    )


def _literal(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _type(rows: Sequence[Mapping[str, FeatureValue]], column: str) -> str:
    kinds = {type(row[column]) for row in rows if row.get(column) is not None}
    return (
        _TYPES.get(kinds.pop(), "BLOB")
        if len(kinds) == 1
        else "REAL"
        if kinds == {int, float}
        else "BLOB"
    )

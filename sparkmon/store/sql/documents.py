"""The tables next to the feature groups: definitions of feature views, and references."""

from __future__ import annotations

from functools import reduce
from operator import and_

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateTable

from sparkmon.distributions.schema import REFERENCE_KEY, REFERENCES, as_references
from sparkmon.errors import OptionError, StoreError
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.sql.rows import exact_text

_VIEWS, _REFERENCES = "sparkmon_views", "sparkmon_references"
_NAME_CHARACTERS = 250  # three of them in one key of a MySQL table


def write_view(connection: sa.Connection, view: FeatureView) -> None:
    """Store a definition in place of that of the same name and version."""
    table = _views(connection)
    connection.execute(CreateTable(table, if_not_exists=True))
    same = (table.c.name == view.name) & (table.c.version == view.version)
    connection.execute(table.delete().where(same))
    row = {"name": view.name, "version": view.version, "definition": view.to_json()}
    connection.execute(table.insert(), [row])


def read_view(connection: sa.Connection, name: str, version: int) -> FeatureView:
    """Return a definition, or raise StoreError that lists the views of the store."""
    table = _views(connection)
    definitions = {}
    if sa.inspect(connection).has_table(_VIEWS):
        definitions = {(row[0], row[1]): row[2] for row in connection.execute(table.select())}
    if (name, version) not in definitions:
        names = ", ".join(f"{each}:{number}" for each, number in sorted(definitions))
        raise StoreError(
            f"the store has no feature view {name}:{version}; it has {names or 'none'}; "
            "write one with write_view"
        )
    try:
        return FeatureView.from_json(definitions[name, version])
    except OptionError as error:
        raise StoreError(f"the feature view {name}:{version} is damaged: {error}") from error


def write_references(connection: sa.Connection, references: pa.Table) -> None:
    """Store references, each in place of that of the same model, version and name."""
    references = as_references(references)
    table = _references(connection)
    connection.execute(CreateTable(table, if_not_exists=True))
    names = [*REFERENCE_KEY]
    for key in references.select(names).group_by(names).aggregate([]).to_pylist():
        same = sa.and_(*(table.c[name] == value for name, value in key.items()))
        connection.execute(table.delete().where(same))
        part = references.filter(reduce(and_, (pc.field(name) == key[name] for name in names)))
        connection.execute(table.insert(), [key | {"table": _packed(part)}])


def read_references(connection: sa.Connection, reference: str) -> pa.Table:
    """Return the references of that name, of all models and versions."""
    if not sa.inspect(connection).has_table(_REFERENCES):
        return REFERENCES.empty_table()
    table = _references(connection)
    query = sa.select(table.c.table).where(table.c.reference == reference)
    parts = [_unpacked(row[0]) for row in connection.execute(query)]
    return pa.concat_tables([REFERENCES.empty_table(), *parts])


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _unpacked(data: bytes) -> pa.Table:
    try:
        with pa.ipc.open_stream(data) as reader:
            return as_references(reader.read_all())
    except (pa.ArrowException, OSError, ValueError) as error:
        raise StoreError(
            f"a reference in {_REFERENCES} is damaged ({error!s:.200}); write it again"
        ) from error


def _views(connection: sa.Connection) -> sa.Table:
    return sa.Table(
        _VIEWS,
        sa.MetaData(),
        sa.Column("name", exact_text(connection.dialect, _NAME_CHARACTERS), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("definition", sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")),  # type: ignore[no-untyped-call]
        mysql_charset="utf8mb4",
        mariadb_charset="utf8mb4",
    )


def _references(connection: sa.Connection) -> sa.Table:
    text = exact_text(connection.dialect, _NAME_CHARACTERS)
    return sa.Table(
        _REFERENCES,
        sa.MetaData(),
        *(sa.Column(name, text, primary_key=True) for name in REFERENCE_KEY),
        sa.Column("table", sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")),
    )

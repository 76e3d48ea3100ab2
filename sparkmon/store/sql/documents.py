"""The tables next to the feature groups: definitions of feature views, and references."""

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from sparkmon.distributions.schema import REFERENCE_KEY, REFERENCES, as_references
from sparkmon.errors import OptionError, StoreError
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.sql.rows import exact_text
from sparkmon.store.sql.statements import create_statement, replace_statement

_VIEWS = sa.table("sparkmon_views", *map(sa.column, ("name", "version", "definition")))
_REFERENCES = sa.table("sparkmon_references", *map(sa.column, (*REFERENCE_KEY, "table")))
_NAME_CHARACTERS = 250  # three of them in one key of a MySQL table


def write_view(connection: sa.Connection, view: FeatureView) -> None:
    """Store a definition in place of that of the same name and version."""
    text = exact_text(connection.dialect, _NAME_CHARACTERS)
    types = {"name": text, "version": "INTEGER", "definition": "LONGTEXT"}
    row = {"name": view.name, "version": view.version, "definition": view.to_json()}
    _replace(connection, _VIEWS.name, types, row)


def read_view(connection: sa.Connection, name: str, version: int) -> FeatureView:
    """Return a definition, or raise StoreError that lists the views of the store."""
    definitions = {}
    if sa.inspect(connection).has_table(_VIEWS.name):
        definitions = {(row[0], row[1]): row[2] for row in connection.execute(_VIEWS.select())}
    if (name, version) not in definitions:
        names = ", ".join(f"{each}:{number}" for each, number in sorted(definitions))
        raise StoreError(
            f"the store has no feature view {name}:{version}; it has {names or 'none'}; write one with write_view"
        )
    try:
        return FeatureView.from_json(definitions[name, version])
    except OptionError as error:
        raise StoreError(f"the feature view {name}:{version} is damaged: {error}") from error


def write_references(connection: sa.Connection, references: pa.Table) -> None:
    """Store references, each in place of that of the same model, version and name."""
    references = as_references(references)
    names = [*REFERENCE_KEY]
    types = dict.fromkeys(names, exact_text(connection.dialect, _NAME_CHARACTERS)) | {"table": "LONGBLOB"}
    for key in references.select(names).group_by(names).aggregate([]).to_pylist():
        part = references.filter(reduce(and_, (pc.field(name) == key[name] for name in names)))
        _replace(connection, _REFERENCES.name, types, key | {"table": _packed(part)})


def read_references(connection: sa.Connection, reference: str) -> pa.Table:
    """Return the references of that name, of all models and versions."""
    if not sa.inspect(connection).has_table(_REFERENCES.name):
        return REFERENCES.empty_table()
    query = sa.select(_REFERENCES.c.table).where(_REFERENCES.c.reference == reference)
    parts = [_unpacked(row[0]) for row in connection.execute(query)]
    return pa.concat_tables([REFERENCES.empty_table(), *parts])


def _replace(connection: sa.Connection, table: str, types: Mapping[str, str], row: Mapping[str, Any]) -> None:
    """Write a row whose last column is its document, the others its key; the first one creates the table."""
    dialect, columns = connection.dialect, [*row]
    connection.exec_driver_sql(create_statement(dialect, table, types, columns[:-1]))
    connection.exec_driver_sql(replace_statement(dialect, table, columns), tuple(row.values()))


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
        raise StoreError(f"a reference in {_REFERENCES.name} is damaged ({error!s:.200}); write it again") from error

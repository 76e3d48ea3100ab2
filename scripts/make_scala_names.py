"""Make ``Names.scala``: the names of tables, columns and options, for JVM code that reads what a monitor writes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

from pyspark.sql.types import StructType

from scripts.make_reference_pages import COLUMNS, TABLES
from sparkmon import schemas
from sparkmon.sources.options import InferenceLogOptions

NAMES = Path(__file__).parents[1] / "scala-stubs/src/main/scala/io/sparkmon/Names.scala"
_HEAD = """\
package io.sparkmon

// Made by `make reference` of the Python package: names of tables, columns and options. docs/reference says more.
"""


def names() -> str:
    """Return the text of the file."""
    objects = [each for name in TABLES for each in _table(name, getattr(schemas, name))]
    return "\n".join([_HEAD, *objects, *_options()])


def _table(name: str, schema: StructType) -> Iterator[str]:
    columns = ((_camel(field.name), field.name, COLUMNS[field.name]) for field in schema.fields)
    table = ("TableName", name.lower(), "its name in a monitor's schema or directory")
    yield from _object(_camel(name.lower()), f"The table `{name.lower()}` of a monitor.", [table, *columns])


def _options() -> Iterator[str]:
    options = [_camel(field.name) for field in fields(InferenceLogOptions)]
    source = ("SourceName", "kserve", "for `spark.readStream.format`, where Python has registered it")
    rows = [source, *((name, name[0].lower() + name[1:], "") for name in options)]
    yield from _object("KServeOptions", "The data source `kserve`, and the names of its options.", rows)


def _object(name: str, text: str, constants: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    yield f"/** {text} */"
    yield f"object {name} {{"
    for constant, value, meaning in constants:
        if meaning:
            yield f"  /** {meaning.replace('*/', '* /')} */"
        yield f'  final val {constant} = "{value}"'
    yield "}\n"


def _camel(name: str) -> str:
    return re.sub(r"(?:^|_)([a-z])", lambda match: match[1].upper(), name)


if __name__ == "__main__":
    NAMES.write_text(names())

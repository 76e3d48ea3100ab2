"""The table of a command, a file or one of the catalog, as a DataFrame."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from sparkmon.errors import OptionError
from sparkmon.profiles import quoted

_FORMATS = {
    "csv": "csv",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "parquet": "parquet",
    "delta": "delta",
}
_OPTIONS = {"csv": {"header": "true", "inferSchema": "true", "escape": '"'}}
_ENDING = re.compile(r"\.([a-z]+)(?:\.(?:gz|bz2|zst|snappy))?/?$", re.I)
_BROKEN = "_corrupt_record"


def open_table(spark: SparkSession, table: str | None, sql: str | None = None) -> DataFrame:
    """Open a table by its path or name, or the result of a query.

    Parameters
    ----------
    spark : SparkSession
        Opens it.
    table : str or None
        A file or directory of Parquet, CSV (with a header; types are inferred) or JSON lines, the directory of a
        Delta table, a URL that ends in ``.parquet``, ``.csv``, ``.jsonl`` or ``.delta``, or else a table of the
        catalog.
    sql : str, optional
        A query, instead of a table.

    Raises
    ------
    OptionError
        There is no such table, it is of none of these formats, or not exactly one of ``table`` and ``sql`` is given.

    Examples
    --------
    >>> open_table(spark, None, "SELECT 1 AS one").columns
    ['one']
    >>> open_table(spark, "nowhere.csv")
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got the table 'nowhere.csv', which is neither a path nor a table \
of the catalog; expected Parquet, Delta, CSV, JSON lines, or a table's name
    """
    if (table is None) == (sql is None):
        raise OptionError(
            "got a table and a query, or neither; expected one of them: TABLE or --sql"
        )
    try:
        if table is None:
            return spark.sql(str(sql))
        if "://" in table:
            return _load(spark, table, _format_of(table))
        if Path(table).exists():
            path = Path(table).absolute()
            return _load(spark, str(path), _format_at(path))
        if _known_ending(table) is None and "/" not in table and spark.catalog.tableExists(table):
            return spark.table(table)
    except (AnalysisException, ParseException) as error:
        first = str(error).strip().splitlines()[0]
        raise OptionError(f"got {table or sql!r}, which Spark cannot read: {first}") from error
    raise OptionError(
        f"got the table {table!r}, which is neither a path nor a table of the catalog; "
        "expected Parquet, Delta, CSV, JSON lines, or a table's name"
    )


def parse_time(table: DataFrame, column: str | None) -> tuple[DataFrame, int]:
    """Read a column, if one is named, as times, and count the rows that have none.

    Strings are parsed; numbers are seconds since 1970.

    Raises
    ------
    OptionError
        The table has no such column, or it holds no time at all.

    Examples
    --------
    >>> days = spark.sql("SELECT explode(array('2026-01-05 10:00', 'soon')) AS day")
    >>> parse_time(days, "day")[1]
    1
    """
    if column is None:
        return table, 0
    if column not in table.columns:
        raise OptionError(
            f"got the time column {column!r}, which the table does not have; "
            f"its columns are {', '.join(table.columns)}"
        )
    values = F.col(quoted(column))
    is_text = isinstance(table.schema[column].dataType, StringType)
    moment = F.try_to_timestamp(values) if is_text else values.cast("timestamp")
    timed = table.withColumn(column, moment)
    rows, times = timed.select(F.count("*"), F.count(quoted(column))).collect()[0]
    if rows and not times:
        example = table.where(values.isNotNull()).select(values).limit(1).collect()
        raise OptionError(
            f"got the time column {column!r} without a single time"
            + (f", such as {example[0][0]!r}" if example else "")
            + "; expected timestamps, or strings such as 2026-01-05 10:00:00"
        )
    return timed, rows - times


def _load(spark: SparkSession, path: str, form: str) -> DataFrame:
    nanoseconds = _nanoseconds(path) if form == "parquet" else []
    if nanoseconds:
        spark.conf.set("spark.sql.legacy.parquet.nanosAsLong", "true")
    frame = spark.read.format(form).options(**_OPTIONS.get(form, {})).load(path)
    for name in nanoseconds:
        frame = frame.withColumn(name, F.timestamp_micros(F.expr(f"{quoted(name)} DIV 1000")))
    if form == "json" and _BROKEN in frame.columns:
        raise OptionError(
            f"got {path}, which has lines that are no JSON; expected one object a line"
        )
    return frame


def _nanoseconds(path: str) -> list[str]:
    """List the times that pandas wrote in nanoseconds, which Spark reads as numbers or not at all."""
    files = [path, *sorted(map(str, Path(path).rglob("*.parquet")))]
    file = next((each for each in files if Path(each).is_file()), None)
    if file is None:
        return []
    schema = pq.read_schema(file)
    return [field.name for field in schema if str(field.type).startswith("timestamp[ns")]


def _format_at(path: Path) -> str:
    if (path / "_delta_log").is_dir():
        return "delta"
    if path.is_file():
        return _format_of(path.name)
    names = [file.name for file in path.rglob("*") if file.is_file() and file.name[0] not in "._"]
    forms = {form for name in names if (form := _known_ending(name))}
    if len(forms) != 1:
        raise OptionError(
            f"got the directory {path} with {' and '.join(sorted(forms)) or 'no'} files; "
            "expected files of one kind: .parquet, .csv or .jsonl, or a Delta table"
        )
    return forms.pop()


def _format_of(name: str) -> str:
    form = _known_ending(name)
    if form is None:
        raise OptionError(
            f"got {name!r}, whose name has no known ending; expected one that ends in "
            f"{', '.join('.' + ending for ending in sorted(_FORMATS))}, or a query with --sql"
        )
    return form


def _known_ending(name: str) -> str | None:
    ending = _ENDING.search(name)
    return _FORMATS.get(ending[1].lower()) if ending else None

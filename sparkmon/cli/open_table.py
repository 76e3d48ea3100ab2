"""The table of a command, a file or one of the catalog, as a DataFrame.

Columns of CSV and JSON lines are text: they get their types once, by the reference, and never file by file.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import Column, DataFrame, SparkSession, functions as F
from pyspark.sql.types import BooleanType, DataType, NumericType, StringType

from sparkmon.compat import try_cast
from sparkmon.errors import OptionError
from sparkmon.profiles import is_time, quoted

MISSING_MARKS = ("", "NA", "N/A", "NaN", "NULL", "None", "?", "-")
"""Texts that say that there is no value, in upper or lower case."""

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_CODE = r"^[+-]?0\d"
"""Numbers do not begin so, codes do: ``007``."""
_MOSTLY = 0.5


def typed(table: DataFrame, marks: Sequence[str] = MISSING_MARKS) -> tuple[DataFrame, list[str]]:
    """Give columns of strings the type that all their texts have: numbers, times, or else text; others stay.

    ``marks`` are texts that stand for a missing value, whatever their case. Numbers become doubles, times timestamps; a
    column with a number such as ``007`` is text. With the table come sentences on columns that stay text, although most
    of their texts are numbers.
    """
    names = [field.name for field in table.schema.fields if isinstance(field.dataType, StringType)]
    if not names:
        return table, []
    counts = table.select(*(_counts(_value(name, marks)).alias(name) for name in names)).first()
    assert counts is not None  # of an aggregate there is always a row
    columns, notes = {}, []
    for name in names:
        texts, numbers, codes, times, other = counts[name]
        value = _value(name, marks)
        if texts and numbers == texts and not codes:
            columns[name] = value.cast("double")
        elif texts and times == texts and not numbers:
            columns[name] = F.try_to_timestamp(value)
        elif numbers > _MOSTLY * texts and not codes:
            notes.append(
                f"{name} is text: {numbers / texts:.3%} of its texts are numbers, others are such as "
                f"{other!r}; if that stands for a missing value, name it with --null"
            )
    return table.withColumns(columns) if columns else table, notes


def typed_like(table: DataFrame, reference: DataFrame, marks: Sequence[str] = MISSING_MARKS) -> DataFrame:
    """Give columns of strings the types that they have in a reference; a text that is of none stays itself."""
    columns = {}
    for field in table.schema.fields:
        if isinstance(field.dataType, StringType) and field.name in reference.columns:
            read = _reader(reference.schema[field.name].dataType)
            if read is not None:
                columns[field.name] = read(_value(field.name, marks))
    return table.withColumns(columns) if columns else table


def _value(name: str, marks: Sequence[str]) -> Column:
    column = F.trim(F.col(quoted(name)))
    is_missing = F.lower(column).isin([mark.lower() for mark in marks])
    return F.when(~is_missing, F.col(quoted(name)))


def _counts(value: Column) -> Column:
    """Return the counts of texts, and of those that are numbers, codes and times; and a text that is no number."""
    is_number = F.trim(value).rlike(_NUMBER)
    return F.struct(
        F.count(value),
        F.count_if(is_number),
        F.count_if(F.trim(value).rlike(_CODE)),
        F.count(F.try_to_timestamp(value)),
        F.min(F.when(~is_number, value)),
    )


def _reader(data_type: DataType) -> Callable[[Column], Column] | None:
    """Return how texts become values of a type; None where they are taken as they are."""
    if is_time(data_type):
        return _seconds
    if isinstance(data_type, BooleanType):
        return lambda value: F.coalesce(try_cast(value, "boolean").cast("string"), value)
    return (lambda value: value) if isinstance(data_type, NumericType) else None


def _seconds(value: Column) -> Column:
    """Return times as texts of seconds since 1970, so that what is no time stays, to be counted."""
    seconds = F.unix_micros(F.try_to_timestamp(value)) / 1e6
    return F.coalesce(seconds.cast("string"), value)


_FORMATS = {"csv": "csv", "json": "json", "jsonl": "json", "ndjson": "json", "parquet": "parquet", "delta": "delta"}
_OPTIONS = {"csv": {"header": "true", "escape": '"'}}
"""No types are inferred: see :func:`typed`."""
_TEXT_FORMATS = ("csv", "json")
_ENDING = re.compile(r"\.([a-z]+)(?:\.(?:gz|bz2|zst|snappy))?/?$", re.I)
_BROKEN = "_corrupt_record"
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
"""How many of a unit are a second."""
_LATEST_S = 1e11
"""The year 5138."""


def open_table(
    spark: SparkSession,
    table: str | None,
    sql: str | None = None,
    *,
    like: DataFrame | None = None,
    marks: Sequence[str] = (),
) -> tuple[DataFrame, list[str]]:
    """Open a table by its path, URL or name in the catalog, or the result of a query; OptionError if there is none.

    Columns of CSV and JSON lines are read with the types that they have in ``like``; without it those of CSV have the
    type of all their texts. ``marks`` are texts of CSV that stand for a missing value, besides ``MISSING_MARKS``. With
    the table come sentences about columns whose type is not sure.
    """
    form = find_format(table, sql)
    try:
        if table is None:
            return spark.sql(str(sql)), []
        if form is not None:
            place = table if "://" in table else str(Path(table).absolute())
            rows = _load(spark, place, form, as_text=like is not None)
            missing = (*MISSING_MARKS, *marks)
            if like is not None and form in _TEXT_FORMATS:
                return typed_like(rows, like, missing), []
            return typed(rows, missing) if form == "csv" else (rows, [])
        if spark.catalog.tableExists(table):
            return spark.table(table), []
    except (AnalysisException, ParseException) as error:
        first = str(error).strip().splitlines()[0]
        raise OptionError(f"got {table or sql!r}, which Spark cannot read: {first}") from error
    raise _missing(table)


def find_format(table: str | None, sql: str | None = None) -> str | None:
    """Return the format of a path or URL, without Spark; None for a query, or the name of a table of the catalog."""
    if (table is None) == (sql is None):
        raise OptionError("got a table and a query, or neither; expected one of them: TABLE or --sql")
    if table is None:
        return None
    if "://" in table:
        return _format_of(table)
    path = Path(table).absolute()
    if table and path.exists():
        return _format_at(path)
    if not table or _known_ending(table) or "/" in table:
        raise _missing(table)
    return None


def _missing(table: str) -> OptionError:
    return OptionError(
        f"got the table {table!r}, which is neither a path nor a table of the catalog; "
        "expected Parquet, Delta, CSV, JSON lines, or a table's name"
    )


def parse_time(table: DataFrame, column: str | None) -> tuple[DataFrame, int]:
    """Read a column, if one is named, as times, and count the rows that have none.

    Strings are parsed; numbers are seconds since 1970, or milliseconds, microseconds or nanoseconds if they would be
    beyond the year 5000 otherwise. A column that is not there, or has no time at all, is an OptionError.
    """
    if column is None:
        return table, 0
    if column not in table.columns:
        raise OptionError(
            f"got the time column {column!r}, which the table does not have; its columns are {', '.join(table.columns)}"
        )
    values, data_type = F.col(quoted(column)), table.schema[column].dataType
    if is_time(data_type):
        time, number = values.cast("timestamp"), F.lit(None).cast("double")
    elif isinstance(data_type, StringType):
        time, number = F.try_to_timestamp(values), try_cast(values, "double")
    else:
        time, number = F.lit(None).cast("timestamp"), values.cast("double")
    has_time = F.when(time.isNotNull() | number.isNotNull(), 1)
    counts = table.select(F.count("*"), F.count(has_time), F.max(F.abs(number)))
    rows, times, greatest = counts.collect()[0]
    unit = next((unit for unit in _UNITS if (greatest or 0) / unit < _LATEST_S), _UNITS[-1])
    moment = F.timestamp_micros((number * (1_000_000 / unit)).cast("long"))
    timed = table.withColumn(column, F.coalesce(time, moment))
    if rows and not times:
        example = table.where(values.isNotNull()).select(values).limit(1).collect()
        raise OptionError(
            f"got the time column {column!r} without a single time"
            + (f", such as {example[0][0]!r}" if example else "")
            + "; expected timestamps, or strings such as 2026-01-05 10:00:00"
        )
    return timed, rows - times


def parse_times(
    reference: DataFrame, current: DataFrame, column: str | None, window: str | None
) -> tuple[DataFrame, DataFrame, list[str]]:
    """Read the column, if one is named, as times in two tables, of which one may lack it.

    With them come sentences about rows that are in no window, and about what a reference without times cannot show.
    """
    if column is None:
        return reference, current, []
    notes = []
    if column in reference.columns:
        reference, _ = parse_time(reference, column)
    else:
        notes.append(f"the reference has no column {column!r}, by which its blocks would show what time alone does")
    if column in current.columns or notes:
        current, untimed = parse_time(current, column)
        if untimed and window is not None:
            notes.append(f"{untimed} rows without a time are in no window")
    return reference, current, notes


def _load(spark: SparkSession, path: str, form: str, *, as_text: bool) -> DataFrame:
    nanoseconds = _nanoseconds(path) if form == "parquet" else []
    if nanoseconds:
        spark.conf.set("spark.sql.legacy.parquet.nanosAsLong", "true")
    options = _OPTIONS.get(form, {}) | ({"primitivesAsString": "true"} if as_text else {})
    frame = spark.read.format(form).options(**options).load(path)
    for name in nanoseconds:
        frame = frame.withColumn(name, F.timestamp_micros(F.expr(f"{quoted(name)} DIV 1000")))
    if form == "json" and _BROKEN in frame.columns:
        raise OptionError(f"got {path}, which has lines that are no JSON; expected one object a line")
    return frame


def _nanoseconds(path: str) -> list[str]:
    """List the times that pandas wrote in nanoseconds, which Spark reads as numbers or not at all."""
    files = [path, *sorted(map(str, Path(path).rglob("*.parquet")))]
    file = next((each for each in files if Path(each).is_file()), None)
    if file is None:
        return []
    try:
        schema = pq.read_schema(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise OptionError(f"got {file}, which is no whole Parquet file: {error}") from error
    for field in schema:
        if pa.types.is_time(field.type) or pa.types.is_float16(field.type):
            raise OptionError(
                f"got {file} with the column {field.name!r} of the type {field.type}, which Spark cannot read; "
                "expected a file without it, or with a timestamp or a float"
            )
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

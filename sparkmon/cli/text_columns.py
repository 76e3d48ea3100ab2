"""Columns of CSV and JSON lines, which are text: given their types once, by the reference, and never file by file."""

from collections.abc import Callable, Sequence

from pyspark.sql import Column, DataFrame, functions as F
from pyspark.sql.types import BooleanType, DataType, NumericType, StringType

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
        return lambda value: F.coalesce(value.try_cast("boolean").cast("string"), value)
    return (lambda value: value) if isinstance(data_type, NumericType) else None


def _seconds(value: Column) -> Column:
    """Return times as texts of seconds since 1970, so that what is no time stays, to be counted."""
    seconds = F.unix_micros(F.try_to_timestamp(value)) / 1e6
    return F.coalesce(seconds.cast("string"), value)

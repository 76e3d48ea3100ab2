"""A slice's expression as a column of Spark, built from functions that fail on no value, whatever ANSI mode says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from pyspark.sql import Column
from pyspark.sql import functions as F

from sparkmon.profiles.slicing.functions import ValueType
from sparkmon.profiles.slicing.parts import Part

__all__ = ["LONGEST_TEXT", "FeatureColumn", "column_of", "text_of"]

FeatureColumn: TypeAlias = Callable[[str, ValueType], Column]
"""The column of a feature as a double or as a string."""

LONGEST_TEXT = 256
"""How many characters of a text are looked at."""

_WHOLE = 2.0**53
_DAY_S = 86_400


def column_of(part: Part, feature: FeatureColumn) -> Column:
    """Build the column of an expression: a double, a string or a truth value.

    Parameters
    ----------
    part : Part
        As :func:`parse_slice` gives it.
    feature : callable
        The column of a feature. Texts are cut to ``LONGEST_TEXT`` characters here.
    """
    if part.kind == "feature":
        column = feature(part.name, part.type)
        return F.substring(column, 1, LONGEST_TEXT) if part.type == "text" else column
    if part.kind == "literal":
        return _literal(part)
    arguments = [column_of(argument, feature) for argument in part.arguments]
    if part.name in _TIMES:
        return _TIMES[part.name](arguments[0], part.arguments[0].type)
    if part.name in ("substring", "left", "right"):
        return _cut(part, arguments[0])
    if part.name == "round":
        digits = int(part.arguments[1].name) if len(arguments) > 1 else 0
        return F.round(arguments[0], min(digits, 15))
    if part.name == "to text":
        return text_of(arguments[0], part.arguments[0].type)
    if part.name == "to number":
        return _number(arguments[0], part.arguments[0].type)
    if part.name == "like":
        return arguments[0].like(part.arguments[1].name)
    return _CALLS[part.name](*arguments)


def text_of(column: Column, value_type: ValueType) -> Column:
    """Write values as texts: truth values as ``true`` and ``false``, whole numbers without a point."""
    if value_type == "text":
        return column
    if value_type == "truth":
        return F.when(column, "true").when(~column, "false")
    is_whole = (F.abs(column) < _WHOLE) & (column == F.rint(column))
    return F.when(is_whole, column.cast("bigint").cast("string")).otherwise(column.cast("string"))


def _literal(part: Part) -> Column:
    if part.type == "number":
        return F.lit(float(part.name))
    if part.type == "truth":
        return F.lit(part.name == "TRUE")
    return F.lit(part.name if part.type == "text" else None)


def _number(column: Column, value_type: ValueType) -> Column:
    return column.try_cast("double") if value_type == "text" else column.cast("double")


def _cut(part: Part, text: Column) -> Column:
    counts = [min(int(argument.name), LONGEST_TEXT) for argument in part.arguments[1:]]
    if part.name == "left":
        return F.substring(text, 1, counts[0])
    if part.name == "right":
        return F.right(text, F.lit(counts[0]))
    return F.substring(text, counts[0], counts[1] if len(counts) > 1 else LONGEST_TEXT)


def _case(*parts: Column) -> Column:
    *choices, otherwise = parts
    chosen = F.when(choices[0], choices[1])
    for condition, value in zip(choices[2::2], choices[3::2], strict=True):
        chosen = chosen.when(condition, value)
    return chosen.otherwise(otherwise)


def _rounded(function: Callable[[Column], Column]) -> Callable[[Column], Column]:
    """Round to a double; what is too large for a bigint is whole already, and NaN stays what it is."""

    def rounded(number: Column) -> Column:
        return F.when(F.abs(number) < _WHOLE, function(number).cast("double")).otherwise(number)

    return rounded


def _time(function: Callable[[Column], Column]) -> Callable[[Column, ValueType], Column]:
    """Read a part of a time, in no time zone: as a text writes it, or of seconds since 1970 in UTC."""

    def part(column: Column, value_type: ValueType) -> Column:
        if value_type == "text":
            return function(column.try_cast("timestamp_ntz")).cast("double")
        days = F.floor(column / _DAY_S).try_cast("int")
        date = F.date_add(F.lit("1970-01-01").cast("date"), days)
        is_date = F.abs(column) < _LAST_S
        return F.when(is_date, function(date).cast("double"))

    return part


_LAST_S = 250_000_000_000.0
"""Past the year 9800: no date of Spark overflows below."""


def _hour(column: Column, value_type: ValueType) -> Column:
    if value_type == "text":
        return F.hour(column.try_cast("timestamp_ntz")).cast("double")
    return _rounded(F.floor)(F.pmod(column, F.lit(float(_DAY_S))) / 3600)


_TIMES: Mapping[str, Callable[[Column, ValueType], Column]] = {
    "hour": _hour,
    "dayofweek": _time(F.dayofweek),
    "month": _time(F.month),
    "year": _time(F.year),
}

_CALLS: Mapping[str, Callable[..., Column]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<=>": lambda a, b: a.eqNullSafe(b),
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "not": lambda a: ~a,
    "is null": lambda a: a.isNull(),
    "case": _case,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": F.try_divide,
    "%": F.try_mod,
    "negative": lambda a: -a,
    "abs": F.abs,
    "ceil": _rounded(F.ceil),
    "floor": _rounded(F.floor),
    "exp": F.exp,
    "ln": F.ln,
    "sign": F.sign,
    "sqrt": F.sqrt,
    "isnan": F.isnan,
    "lower": F.lower,
    "upper": F.upper,
    "trim": F.trim,
    "ltrim": F.ltrim,
    "rtrim": F.rtrim,
    "length": lambda a: F.length(a).cast("double"),
    "concat": F.concat,
    "contains": F.contains,
    "startswith": F.startswith,
    "endswith": F.endswith,
    "coalesce": F.coalesce,
    "greatest": F.greatest,
    "least": F.least,
    "nullif": F.nullif,
    "if": lambda condition, yes, no: F.when(condition, yes).otherwise(no),
}
"""How each operator and function is built; those of times and with literals have their own way."""

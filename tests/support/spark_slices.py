"""Expressions of slices as columns of Spark: what the evaluator has to agree with."""

from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import Column, functions as F

from sparkmon.slicing.functions import FUNCTIONS, OPERATORS
from sparkmon.slicing.parts import Part
from sparkmon.slicing.values import LONGEST_TEXT, ValueType

__all__ = ["text_column"]

_WHOLE = 2.0**53
_LONG = 2.0**63
_DAY_S = 86_400
_LAST_S = 250_000_000_000.0


def text_column(part: Part) -> Column:
    """Build the column of an expression's values as texts, over a frame with the features as columns."""
    return _text_of(_column(part), part.type)


def _column(part: Part) -> Column:
    if part.kind == "feature":
        column = F.col(part.name)
        return F.substring(column, 1, LONGEST_TEXT) if part.type == "text" else column
    if part.kind == "literal":
        return _literal(part)
    if part.name == "case":
        return _case(*map(_column, part.arguments))
    types = (OPERATORS.get(part.name) or FUNCTIONS[part.name]).types(len(part.arguments))
    arguments: list[Any] = []
    for argument, type_ in zip(part.arguments, types, strict=True):
        arguments.append(argument.name if type_ == "literal" else _column(argument))
        if type_ in ("time", "any"):
            arguments.append(argument.type)
    return _COLUMNS[part.name](*arguments)


def _literal(part: Part) -> Column:
    if part.type == "number":
        return F.lit(float(part.name))
    if part.type == "truth":
        return F.lit(part.name == "TRUE")
    return F.lit(part.name if part.type == "text" else None)


def _case(*parts: Column) -> Column:
    *choices, otherwise = parts
    chosen = F.when(choices[0], choices[1])
    for condition, value in zip(choices[2::2], choices[3::2], strict=True):
        chosen = chosen.when(condition, value)
    return chosen.otherwise(otherwise)


def _text_of(column: Column, value_type: ValueType) -> Column:
    if value_type == "text":
        return column
    if value_type == "truth":
        return F.when(column, "true").when(~column, "false")
    is_whole = (F.abs(column) < _LONG) & (column == F.rint(column))
    return F.when(is_whole, column.cast("bigint").cast("string")).otherwise(column.cast("string"))


def _number_of(column: Column, value_type: ValueType) -> Column:
    return column.try_cast("double") if value_type == "text" else column.cast("double")


def _whole(function: Callable[[Column], Column]) -> Callable[[Column], Column]:
    def rounded(number: Column) -> Column:
        return F.when(F.abs(number) < _WHOLE, function(number).cast("double")).otherwise(number)

    return rounded


def _date_part(function: Callable[[Column], Column]) -> Callable[[Column, ValueType], Column]:
    def part(column: Column, value_type: ValueType) -> Column:
        if value_type == "text":
            return function(column.try_cast("timestamp_ntz")).cast("double")
        days = F.floor(column / _DAY_S).try_cast("int")
        date = F.date_add(F.lit("1970-01-01").cast("date"), days)
        return F.when(F.abs(column) < _LAST_S, function(date).cast("double"))

    return part


def _hour(column: Column, value_type: ValueType) -> Column:
    if value_type == "text":
        return F.hour(column.try_cast("timestamp_ntz")).cast("double")
    return _whole(F.floor)(F.pmod(column, F.lit(float(_DAY_S))) / 3600)


def _substring(text: Column, start: str, length: str = str(LONGEST_TEXT)) -> Column:
    return F.substring(text, min(int(start), LONGEST_TEXT), min(int(length), LONGEST_TEXT))


def _round(number: Column, digits: str = "0") -> Column:
    return F.round(number, min(int(digits), 15))


_COLUMNS: Mapping[str, Callable[..., Column]] = {
    "abs": F.abs,
    "ceil": _whole(F.ceil),
    "coalesce": F.coalesce,
    "concat": F.concat,
    "contains": F.contains,
    "dayofweek": _date_part(F.dayofweek),
    "endswith": F.endswith,
    "exp": F.exp,
    "floor": _whole(F.floor),
    "greatest": F.greatest,
    "hour": _hour,
    "if": lambda test, a, b: F.when(test, a).otherwise(b),
    "isnan": F.isnan,
    "least": F.least,
    "left": lambda text, count: _substring(text, "1", count),
    "length": lambda text: F.length(text).cast("double"),
    "ln": F.ln,
    "lower": F.lower,
    "ltrim": F.ltrim,
    "month": _date_part(F.month),
    "nullif": F.nullif,
    "right": lambda text, count: F.right(text, F.lit(min(int(count), LONGEST_TEXT))),
    "round": _round,
    "rtrim": F.rtrim,
    "sign": F.sign,
    "sqrt": F.sqrt,
    "startswith": F.startswith,
    "substring": _substring,
    "trim": F.trim,
    "upper": F.upper,
    "year": _date_part(F.year),
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
    "like": lambda text, pattern: text.like(pattern),
    "is null": lambda a, _: a.isNull(),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": F.try_divide,
    "%": F.try_mod,
    "negative": lambda a: -a,
    "to text": _text_of,
    "to number": _number_of,
}

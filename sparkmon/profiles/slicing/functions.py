"""The functions and operators of slices: of one row, always the same on the same row, and failing on no value.

They are built of Spark functions that return null where a value does not exist, whatever ANSI mode is set to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pyspark.sql import Column
from pyspark.sql import functions as F

__all__ = [
    "FUNCTIONS",
    "LONGEST_TEXT",
    "OPERATORS",
    "ArgumentType",
    "Function",
    "ValueType",
    "text_of",
]

LONGEST_TEXT = 256
"""How many characters of a text are looked at."""

ValueType: TypeAlias = Literal["number", "text", "truth", "null"]
"""The type of a part of an expression; only the literal is ``null``."""

ArgumentType: TypeAlias = Literal["number", "text", "truth", "literal", "same", "time", "any"]
"""The type of an argument: ``literal`` is written out, a whole number except after LIKE; ``same`` has the type of the
others; ``time`` is a number or a text. The builder receives a literal as it is, and the type after ``time`` and
``any``."""

_WHOLE = 2.0**53
_DAY_S = 86_400
_LAST_S = 250_000_000_000.0
"""Past the year 9800: no date of Spark overflows below."""
_MANY = 20


@dataclass(frozen=True, slots=True)
class Function:
    """One function or operator: its arguments, what it gives, and how its column is built."""

    name: str
    """As messages have it."""
    takes: tuple[ArgumentType, ...]
    """By argument; the last stands for all that follow."""
    gives: ValueType | Literal["same"]
    build: Callable[..., Column]
    least: int
    most: int

    @property
    def usage(self) -> str:
        """How it is called, for messages."""
        more = ", ..." if self.most > len(self.takes) else ""
        return f"{self.name}({', '.join(self.takes)}{more})"

    def types(self, count: int) -> tuple[ArgumentType, ...]:
        """Return the types of a number of arguments."""
        return (*self.takes, *(self.takes[-1:] * count))[:count]


def text_of(column: Column, value_type: ValueType) -> Column:
    """Write values as texts: truth values as ``true`` and ``false``, whole numbers without a point."""
    if value_type == "text":
        return column
    if value_type == "truth":
        return F.when(column, "true").when(~column, "false")
    is_whole = (F.abs(column) < _WHOLE) & (column == F.rint(column))
    return F.when(is_whole, column.cast("bigint").cast("string")).otherwise(column.cast("string"))


def _number_of(column: Column, value_type: ValueType) -> Column:
    return column.try_cast("double") if value_type == "text" else column.cast("double")


def _whole(function: Callable[[Column], Column]) -> Callable[[Column], Column]:
    """Round to a double; what is too large for a bigint is whole already, and NaN stays what it is."""

    def rounded(number: Column) -> Column:
        return F.when(F.abs(number) < _WHOLE, function(number).cast("double")).otherwise(number)

    return rounded


def _date_part(function: Callable[[Column], Column]) -> Callable[[Column, ValueType], Column]:
    """Read a part of a date, in no time zone: as a text writes it, or of seconds since 1970 in UTC."""

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


def _of(
    name: str,
    takes: str,
    gives: ValueType | Literal["same"],
    build: Callable[..., Column],
    least: int | None = None,
    most: int | None = None,
) -> Function:
    types: tuple[ArgumentType, ...] = tuple(takes.split())  # type: ignore[arg-type]
    count = len(types)
    return Function(name, types, gives, build, least or count, most or count)


FUNCTIONS: Mapping[str, Function] = {
    each.name: each
    for each in (
        _of("abs", "number", "number", F.abs),
        _of("ceil", "number", "number", _whole(F.ceil)),
        _of("coalesce", "same", "same", F.coalesce, 2, _MANY),
        _of("concat", "text", "text", F.concat, 2, _MANY),
        _of("contains", "text text", "truth", F.contains),
        _of("dayofweek", "time", "number", _date_part(F.dayofweek)),
        _of("endswith", "text text", "truth", F.endswith),
        _of("exp", "number", "number", F.exp),
        _of("floor", "number", "number", _whole(F.floor)),
        _of("greatest", "same", "same", F.greatest, 2, _MANY),
        _of("hour", "time", "number", _hour),
        _of("if", "truth same same", "same", lambda test, a, b: F.when(test, a).otherwise(b)),
        _of("isnan", "number", "truth", F.isnan),
        _of("least", "same", "same", F.least, 2, _MANY),
        _of("left", "text literal", "text", lambda text, count: _substring(text, "1", count)),
        _of("length", "text", "number", lambda text: F.length(text).cast("double")),
        _of("ln", "number", "number", F.ln),
        _of("lower", "text", "text", F.lower),
        _of("ltrim", "text", "text", F.ltrim),
        _of("month", "time", "number", _date_part(F.month)),
        _of("nullif", "same same", "same", F.nullif),
        _of(
            "right",
            "text literal",
            "text",
            lambda text, count: F.right(text, F.lit(min(int(count), LONGEST_TEXT))),
        ),
        _of("round", "number literal", "number", _round, 1),
        _of("rtrim", "text", "text", F.rtrim),
        _of("sign", "number", "number", F.sign),
        _of("sqrt", "number", "number", F.sqrt),
        _of("startswith", "text text", "truth", F.startswith),
        _of("substring", "text literal literal", "text", _substring, 2),
        _of("trim", "text", "text", F.trim),
        _of("upper", "text", "text", F.upper),
        _of("year", "time", "number", _date_part(F.year)),
    )
}
"""Name to function, in alphabetical order. ``hour``, ``dayofweek`` (1 is Sunday), ``month`` and ``year`` are of a text
that is a time, as it is written, or of a number of seconds since 1970, in UTC."""

OPERATORS: Mapping[str, Function] = {
    "=": _of("=", "same same", "truth", lambda a, b: a == b),
    "!=": _of("!=", "same same", "truth", lambda a, b: a != b),
    "<": _of("<", "same same", "truth", lambda a, b: a < b),
    "<=": _of("<=", "same same", "truth", lambda a, b: a <= b),
    ">": _of(">", "same same", "truth", lambda a, b: a > b),
    ">=": _of(">=", "same same", "truth", lambda a, b: a >= b),
    "<=>": _of("<=>", "same same", "truth", lambda a, b: a.eqNullSafe(b)),
    "and": _of("AND", "truth truth", "truth", lambda a, b: a & b),
    "or": _of("OR", "truth truth", "truth", lambda a, b: a | b),
    "not": _of("NOT", "truth", "truth", lambda a: ~a),
    "like": _of("LIKE", "text literal", "truth", lambda text, pattern: text.like(pattern)),
    "is null": _of("IS NULL", "any", "truth", lambda a, _: a.isNull()),
    "+": _of("+", "number number", "number", lambda a, b: a + b),
    "-": _of("-", "number number", "number", lambda a, b: a - b),
    "*": _of("*", "number number", "number", lambda a, b: a * b),
    "/": _of("/", "number number", "number", F.try_divide),
    "%": _of("%", "number number", "number", F.try_mod),
    "negative": _of("-", "number", "number", lambda a: -a),
    "to text": _of("CAST", "any", "text", text_of),
    "to number": _of("CAST", "any", "number", _number_of),
}
"""What is not called by its name."""

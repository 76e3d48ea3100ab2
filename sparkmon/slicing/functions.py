"""The functions and operators of slices: of one row, always the same on the same row, and failing on no value.

A value that does not exist is null: of a division by zero, of a text that is no number. They give what Spark's
functions of these names give, except that ``exp`` and ``ln`` may differ from Java's in the last digit, that the cases
of letters and the names of time zones are those that Python knows, and that hexadecimal texts are no numbers.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.slicing.operations import (
    both,
    case,
    either,
    equal,
    first,
    fold,
    greatest,
    is_nan,
    is_null,
    least,
    less,
    like,
    negate,
    null_if,
    null_where,
    right,
    round_to,
    same,
    substring,
    time_part,
    to_number,
)
from sparkmon.slicing.values import Build, Values, ValueType, of_arrays, of_texts, to_texts

ArgumentType: TypeAlias = Literal["number", "text", "truth", "literal", "same", "time", "any"]
"""The type of an argument: ``literal`` is written out, a whole number except after LIKE; ``same`` has the type of the
others; ``time`` is a number or a text. The builder receives a literal as it is written."""

_MANY = 20


@dataclass(frozen=True, slots=True)
class Function:
    """One function or operator: its arguments, what it gives, and how its values are made of theirs."""

    name: str
    """As messages have it."""
    takes: tuple[ArgumentType, ...]
    """By argument; the last stands for all that follow."""
    gives: ValueType | Literal["same"]
    build: Build
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


def _of(
    name: str,
    takes: str,
    gives: ValueType | Literal["same"],
    build: Build,
    least: int | None = None,
    most: int | None = None,
) -> Function:
    types: tuple[ArgumentType, ...] = tuple(takes.split())  # type: ignore[arg-type]
    count = len(types)
    return Function(name, types, gives, build, least or count, most or count)


def _number(name: str, function: Callable[..., npt.NDArray[Any]]) -> Function:
    return _of(name, "number", "number", of_arrays(function, "number"))


def _text(name: str, function: Callable[[str], str]) -> Function:
    return _of(name, "text", "text", of_texts(function, "text"))


def _test(name: str, function: Callable[[str, str], bool]) -> Function:
    return _of(name, "text text", "truth", of_texts(function, "truth"))


def _part(name: str) -> Function:
    return _of(name, "time", "number", time_part(name))


FUNCTIONS: Mapping[str, Function] = {
    each.name: each
    for each in (
        _number("abs", np.abs),
        _number("ceil", np.ceil),
        _of("coalesce", "same", "same", fold(first), 2, _MANY),
        _of("concat", "text", "text", fold(of_texts(operator.add, "text")), 2, _MANY),
        _test("contains", operator.contains),
        _part("dayofweek"),
        _test("endswith", str.endswith),
        _number("exp", np.exp),
        _number("floor", np.floor),
        _of("greatest", "same", "same", fold(greatest), 2, _MANY),
        _part("hour"),
        _of("if", "truth same same", "same", case),
        _of("isnan", "number", "truth", is_nan),
        _of("least", "same", "same", fold(least), 2, _MANY),
        _of("left", "text literal", "text", lambda text, count: substring(text, "1", count)),
        _of("length", "text", "number", of_texts(len, "number")),
        _of("ln", "number", "number", null_where(np.log, lambda number: number <= 0)),
        _text("lower", str.lower),
        _text("ltrim", lambda text: text.lstrip(" ")),
        _part("month"),
        _of("nullif", "same same", "same", null_if),
        _of("right", "text literal", "text", right),
        _of("round", "number literal", "number", round_to, 1),
        _text("rtrim", lambda text: text.rstrip(" ")),
        _number("sign", np.sign),
        _number("sqrt", np.sqrt),
        _test("startswith", str.startswith),
        _of("substring", "text literal literal", "text", substring, 2),
        _text("trim", lambda text: text.strip(" ")),
        _text("upper", str.upper),
        _part("year"),
    )
}
"""Name to function, in alphabetical order. ``hour``, ``dayofweek`` (1 is Sunday), ``month`` and ``year`` are of a text
that is a time, as it is written, or of a number of seconds since 1970, in UTC."""


def _compare(name: str, build: Callable[[Values, Values], Values]) -> Function:
    return _of(name, "same same", "truth", build)


def _arithmetic(name: str, build: Build) -> Function:
    return _of(name, "number number", "number", build)


OPERATORS: Mapping[str, Function] = {
    "=": _compare("=", equal),
    "!=": _compare("!=", lambda one, other: negate(equal(one, other))),
    "<": _compare("<", less),
    "<=": _compare("<=", lambda one, other: negate(less(other, one))),
    ">": _compare(">", lambda one, other: less(other, one)),
    ">=": _compare(">=", lambda one, other: negate(less(one, other))),
    "<=>": _compare("<=>", same),
    "and": _of("AND", "truth truth", "truth", both),
    "or": _of("OR", "truth truth", "truth", either),
    "not": _of("NOT", "truth", "truth", negate),
    "like": _of("LIKE", "text literal", "truth", like),
    "is null": _of("IS NULL", "any", "truth", is_null),
    "+": _arithmetic("+", of_arrays(np.add, "number")),
    "-": _arithmetic("-", of_arrays(np.subtract, "number")),
    "*": _arithmetic("*", of_arrays(np.multiply, "number")),
    "/": _arithmetic("/", null_where(np.divide, lambda divisor: divisor == 0)),
    "%": _arithmetic("%", null_where(np.fmod, lambda divisor: divisor == 0)),
    "negative": _of("-", "number", "number", of_arrays(np.negative, "number")),
    "to text": _of("CAST", "any", "text", to_texts),
    "to number": _of("CAST", "any", "number", to_number),
}
"""What is not called by its name."""

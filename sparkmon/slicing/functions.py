"""The functions and operators of slices: of one row, always the same on the same row, and failing on no value.

A value that does not exist is null: of a division by zero, of a text that is no number. They give what Spark's
functions of these names give, except that ``exp`` and ``ln`` may differ from Java's in the last digit, that the cases
of letters and the names of time zones are those that Python knows, and that hexadecimal texts are no numbers.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

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


_NUMBERS = {"abs": np.abs, "ceil": np.ceil, "exp": np.exp, "floor": np.floor, "sign": np.sign, "sqrt": np.sqrt}
_TEXTS: Mapping[str, Callable[[str], str]] = {
    "lower": str.lower,
    "ltrim": lambda text: text.lstrip(" "),
    "rtrim": lambda text: text.rstrip(" "),
    "trim": lambda text: text.strip(" "),
    "upper": str.upper,
}
_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "endswith": str.endswith,
    "startswith": str.startswith,
}

FUNCTIONS: Mapping[str, Function] = {
    each.name: each
    for each in sorted(
        (
            *(_of(name, "number", "number", of_arrays(each, "number")) for name, each in _NUMBERS.items()),
            *(_of(name, "text", "text", of_texts(each, "text")) for name, each in _TEXTS.items()),
            *(_of(name, "text text", "truth", of_texts(each, "truth")) for name, each in _TESTS.items()),
            *(_of(name, "time", "number", time_part(name)) for name in ("dayofweek", "hour", "month", "year")),
            _of("coalesce", "same", "same", fold(first), 2, _MANY),
            _of("concat", "text", "text", fold(of_texts(operator.add, "text")), 2, _MANY),
            _of("greatest", "same", "same", fold(greatest), 2, _MANY),
            _of("if", "truth same same", "same", case),
            _of("isnan", "number", "truth", is_nan),
            _of("least", "same", "same", fold(least), 2, _MANY),
            _of("left", "text literal", "text", lambda text, count: substring(text, "1", count)),
            _of("length", "text", "number", of_texts(len, "number")),
            _of("ln", "number", "number", null_where(np.log, lambda number: number <= 0)),
            _of("nullif", "same same", "same", null_if),
            _of("right", "text literal", "text", right),
            _of("round", "number literal", "number", round_to, 1),
            _of("substring", "text literal literal", "text", substring, 2),
        ),
        key=lambda function: function.name,
    )
}
"""Name to function, in alphabetical order. ``hour``, ``dayofweek`` (1 is Sunday), ``month`` and ``year`` are of a text
that is a time, as it is written, or of a number of seconds since 1970, in UTC."""


_COMPARISONS: Mapping[str, Callable[[Values, Values], Values]] = {
    "=": equal,
    "!=": lambda one, other: negate(equal(one, other)),
    "<": less,
    "<=": lambda one, other: negate(less(other, one)),
    ">": lambda one, other: less(other, one),
    ">=": lambda one, other: negate(less(one, other)),
    "<=>": same,
}
_ARITHMETIC = {
    "+": of_arrays(np.add, "number"),
    "-": of_arrays(np.subtract, "number"),
    "*": of_arrays(np.multiply, "number"),
    "/": null_where(np.divide, lambda divisor: divisor == 0),
    "%": null_where(np.fmod, lambda divisor: divisor == 0),
}

OPERATORS: Mapping[str, Function] = {
    **{sign: _of(sign, "same same", "truth", build) for sign, build in _COMPARISONS.items()},
    **{sign: _of(sign, "number number", "number", build) for sign, build in _ARITHMETIC.items()},
    "and": _of("AND", "truth truth", "truth", both),
    "or": _of("OR", "truth truth", "truth", either),
    "not": _of("NOT", "truth", "truth", negate),
    "like": _of("LIKE", "text literal", "truth", like),
    "is null": _of("IS NULL", "any", "truth", is_null),
    "negative": _of("-", "number", "number", of_arrays(np.negative, "number")),
    "to text": _of("CAST", "any", "text", to_texts),
    "to number": _of("CAST", "any", "number", to_number),
}
"""What is not called by its name."""

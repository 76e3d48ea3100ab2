"""The functions that a slice may call: of one row, always the same on the same row, and failing on none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

__all__ = ["FUNCTIONS", "ArgumentType", "Function", "ValueType"]

ValueType: TypeAlias = Literal["number", "text", "truth", "null"]
"""The type of a part of an expression; only the literal is ``null``."""

ArgumentType: TypeAlias = Literal["number", "text", "truth", "literal", "same", "any"]
"""The type of an argument: ``literal`` is a whole number written out, ``same`` the type of the other arguments."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its arguments, and what it gives."""

    name: str
    takes: tuple[ArgumentType, ...]
    """By argument; the last stands for all that follow."""
    gives: ValueType | Literal["same"]
    least: int
    most: int

    @property
    def usage(self) -> str:
        """How it is called, for messages."""
        more = ", ..." if self.most > len(self.takes) else ""
        return f"{self.name}({', '.join(self.takes)}{more})"


_MANY = 20


def _of(
    name: str,
    takes: tuple[ArgumentType, ...],
    gives: ValueType | Literal["same"],
    least: int | None = None,
    most: int | None = None,
) -> Function:
    count = len(takes)
    return Function(
        name, takes, gives, count if least is None else least, count if most is None else most
    )


_ALL = (
    *(
        _of(name, ("number",), "number")
        for name in ("abs", "ceil", "exp", "floor", "ln", "sign", "sqrt")
    ),
    _of("isnan", ("number",), "truth"),
    _of("round", ("number", "literal"), "number", 1),
    *(_of(name, ("text",), "text") for name in ("lower", "upper", "trim", "ltrim", "rtrim")),
    _of("length", ("text",), "number"),
    _of("substring", ("text", "literal", "literal"), "text", 2),
    *(_of(name, ("text", "literal"), "text") for name in ("left", "right")),
    _of("concat", ("text",), "text", 2, _MANY),
    *(_of(name, ("text", "text"), "truth") for name in ("contains", "startswith", "endswith")),
    *(_of(name, ("same",), "same", 2, _MANY) for name in ("coalesce", "greatest", "least")),
    _of("nullif", ("same", "same"), "same"),
    _of("if", ("truth", "same", "same"), "same"),
    *(_of(name, ("any",), "number") for name in ("hour", "dayofweek", "month", "year")),
)
FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {each.name: each for each in sorted(_ALL, key=lambda each: each.name)}
)
"""Name to function, in alphabetical order. ``hour``, ``dayofweek`` (1 is Sunday), ``month`` and ``year`` are of a text
that is a time, as it is written, or of a number of seconds since 1970, in UTC."""

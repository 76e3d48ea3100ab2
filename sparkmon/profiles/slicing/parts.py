"""The parts of a slice's expression, made only where their types fit."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sparkmon.errors import OptionError
from sparkmon.profiles.slicing.functions import FUNCTIONS, Function, ValueType

__all__ = ["Kind", "Part", "PartMaker", "refused"]

_SAYS = {"number": "a number", "text": "a text", "truth": "true or false", "null": "NULL"}

Kind: TypeAlias = Literal["feature", "literal", "call"]


def refused(expression: str, token: str, expected: str) -> OptionError:
    """Build the error that names what of a slice is not allowed."""
    return OptionError(f"got {token!r} in the slice {expression!r}; expected {expected}")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an expression: a feature, a literal, or a call of a function or operator on other parts."""

    kind: Kind
    name: str
    """The feature's name, the literal's text, or the function's name."""
    type: ValueType
    arguments: tuple[Part, ...] = ()


class PartMaker:
    """Makes calls, or raises an OptionError that names what does not fit and the expression it is in."""

    def __init__(self, expression: str) -> None:
        self._expression = expression

    def logical(self, name: str, *arguments: Part) -> Part:
        """Join truths by ``and``, ``or`` or ``not``."""
        for argument in arguments:
            self.typed(argument, "truth", name.upper())
        return Part("call", name, "truth", arguments)

    def arithmetic(self, name: str, *arguments: Part) -> Part:
        """Join numbers by an operator."""
        for argument in arguments:
            self.typed(argument, "number", "-" if name == "negative" else name)
        return Part("call", name, "number", arguments)

    def comparison(self, name: str, *arguments: Part) -> Part:
        """Compare two parts of one type."""
        if any(argument.type == "null" for argument in arguments):
            raise self.refused("NULL", "IS NULL or IS NOT NULL, for nothing equals NULL")
        self.common(arguments, name)
        return Part("call", name, "truth", arguments)

    def cast(self, part: Part, value_type: ValueType) -> Part:
        """Turn a part into a number or a text."""
        return (
            part
            if part.type == value_type
            else Part("call", f"to {value_type}", value_type, (part,))
        )

    def function(self, name: str) -> Function:
        """Return a function of the list."""
        lowered = name.lower()
        if lowered not in FUNCTIONS:
            near = difflib.get_close_matches(lowered, FUNCTIONS, n=2)
            hint = f"perhaps {' or '.join(near)}; " if near else ""
            raise self.refused(name, f"{hint}one of the functions {', '.join(FUNCTIONS)}")
        return FUNCTIONS[lowered]

    def call(self, name: str, arguments: Sequence[Part]) -> Part:
        """Call a function of the list."""
        function = self.function(name)
        if not function.least <= len(arguments) <= function.most:
            raise self.refused(name, f"{function.usage}, not {len(arguments)} arguments")
        last = function.takes[-1]
        takes = [*function.takes, *[last] * (len(arguments) - len(function.takes))]
        same = []
        for argument, expected in zip(arguments, takes, strict=False):
            if expected == "literal":
                if argument.kind != "literal" or not argument.name.isdecimal():
                    raise self.refused(name, f"{function.usage} with whole numbers written out")
            elif expected == "same":
                same.append(argument)
            elif expected != "any":
                self.typed(argument, expected, name)
            elif argument.type not in ("number", "text"):
                raise self._mistyped(name, "a number or a text", argument)
        value_type = self.common(same, name) if same else "null"
        gives = value_type if function.gives == "same" else function.gives
        return Part("call", function.name, gives, tuple(arguments))

    def typed(self, part: Part, expected: ValueType, of: str) -> Part:
        """Return the part if it is of a type."""
        if part.type != expected:
            raise self._mistyped(of, _SAYS[expected], part)
        return part

    def common(self, parts: Sequence[Part], of: str) -> ValueType:
        """Return the one type of all parts but those that are NULL."""
        typed = [part for part in parts if part.type != "null"]
        if not typed:
            raise self.refused(of, "a part that is not NULL")
        for part in typed:
            if part.type != typed[0].type:
                raise self._mistyped(of, f"{_SAYS[typed[0].type]} on both sides", part)
        return typed[0].type

    def refused(self, token: str, expected: str) -> OptionError:
        """Build the error that names what is not allowed."""
        return refused(self._expression, token, expected)

    def _mistyped(self, of: str, expected: str, part: Part) -> OptionError:
        name = part.name if part.kind == "feature" else f"the result of {part.name}"
        if part.kind == "literal":
            name = repr(part.name) if part.type == "text" else part.name
        return self.refused(of, f"{expected}, but {name} is {_SAYS[part.type]}")

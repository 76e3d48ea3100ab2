"""The parts of a slice's expression, made only where their types fit."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sparkmon.errors import OptionError
from sparkmon.protocol.canonical import LEVEL_KINDS
from sparkmon.records import FeatureKind
from sparkmon.slicing.functions import FUNCTIONS, OPERATORS, Function
from sparkmon.slicing.values import ValueType

_TYPES = {"number": "a number", "text": "a text", "truth": "true or false", "null": "NULL"}

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
    arguments: "tuple[Part, ...]" = ()

    def features(self) -> "Iterator[Part]":
        """Return the features that it reads, each as often as it stands there."""
        if self.kind == "feature":
            yield self
        for argument in self.arguments:
            yield from argument.features()


def feature_part(name: str, kind: FeatureKind) -> Part:
    """Return the part of a feature: levels are texts, times numbers."""
    return Part("feature", name, "text" if kind in LEVEL_KINDS else "number")


class PartMaker:
    """Makes calls, or raises an OptionError that names what does not fit and the expression it is in."""

    def __init__(self, expression: str) -> None:
        self._expression = expression

    def function(self, name: str) -> Function:
        """Return a function that may be called."""
        if name.lower() not in FUNCTIONS:
            near = difflib.get_close_matches(name.lower(), FUNCTIONS, n=2)
            hint = f"perhaps {' or '.join(near)}; " if near else ""
            raise self.refused(name, f"{hint}one of the functions {', '.join(FUNCTIONS)}")
        return FUNCTIONS[name.lower()]

    def call(self, name: str, arguments: Sequence[Part]) -> Part:
        """Call a function by its name as it is written."""
        function = self.function(name)
        if not function.least <= len(arguments) <= function.most:
            raise self.refused(name, f"{function.usage}, not {len(arguments)} arguments")
        types = function.types(len(arguments))
        for argument, type_ in zip(arguments, types, strict=True):
            is_whole = argument.kind == "literal" and argument.name.isdecimal()
            if type_ == "literal" and not is_whole:
                raise self.refused(name, f"{function.usage} with whole numbers written out")
        return Part("call", function.name, self._type(function, name, arguments), tuple(arguments))

    def operator(self, name: str, *arguments: Part) -> Part:
        """Apply an operator."""
        function = OPERATORS[name]
        is_comparison = function.takes == ("same", "same")
        if is_comparison and any(argument.type == "null" for argument in arguments):
            raise self.refused("NULL", "IS NULL or IS NOT NULL, because nothing equals NULL")
        return Part("call", name, self._type(function, function.name, arguments), arguments)

    def _type(self, function: Function, name: str, arguments: Sequence[Part]) -> ValueType:
        same = []
        types = function.types(len(arguments))
        for argument, type_ in zip(arguments, types, strict=True):
            if type_ == "same":
                same.append(argument)
            elif type_ == "time" and argument.type not in ("number", "text"):
                raise self._mistyped(name, "a number or a text", argument)
            elif type_ in _TYPES:
                self.require(type_, argument, name)
        common = self.common(same, name) if same else "null"
        return common if function.gives == "same" else function.gives

    def require(self, type_: str, part: Part, of: str) -> None:
        """Refuse a part of another type."""
        if part.type != type_:
            raise self._mistyped(of, _TYPES[type_], part)

    def common(self, parts: Sequence[Part], of: str) -> ValueType:
        """Return the one type of all parts except those that are NULL."""
        typed = [part for part in parts if part.type != "null"]
        if not typed:
            raise self.refused(of, "a part that is not NULL")
        for part in typed:
            if part.type != typed[0].type:
                raise self._mistyped(of, f"{_TYPES[typed[0].type]} on both sides", part)
        return typed[0].type

    def refused(self, token: str, expected: str) -> OptionError:
        """Build the error that names what is not allowed."""
        return refused(self._expression, token, expected)

    def _mistyped(self, of: str, expected: str, part: Part) -> OptionError:
        name = part.name if part.kind == "feature" else f"the result of {part.name}"
        if part.kind == "literal":
            name = repr(part.name) if part.type == "text" else part.name
        return self.refused(of, f"{expected}, but {name} is {_TYPES[part.type]}")

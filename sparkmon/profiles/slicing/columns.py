"""A slice's expression as a column of Spark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from pyspark.sql import Column
from pyspark.sql import functions as F

from sparkmon.profiles.slicing.functions import FUNCTIONS, LONGEST_TEXT, OPERATORS, ValueType
from sparkmon.profiles.slicing.parts import Part

__all__ = ["FeatureColumn", "column_of"]

FeatureColumn: TypeAlias = Callable[[str, ValueType], Column]
"""The column of a feature as a double or as a string."""


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
    if part.name == "case":
        return _case(*(column_of(argument, feature) for argument in part.arguments))
    function = OPERATORS.get(part.name) or FUNCTIONS[part.name]
    arguments: list[Any] = []
    types = function.types(len(part.arguments))
    for argument, type_ in zip(part.arguments, types, strict=True):
        arguments.append(argument.name if type_ == "literal" else column_of(argument, feature))
        if type_ in ("time", "any"):
            arguments.append(argument.type)
    return function.build(*arguments)


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

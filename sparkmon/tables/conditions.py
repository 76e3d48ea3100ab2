"""Conditions on rows: which rows meet them, and which files and row groups may have such rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.errors import OptionError

Condition: TypeAlias = tuple[str, str, Any]
"""A column, one of ``= != < <= > >= in "not null" null``, and a value."""

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
_OPERATORS = (*_COMPARE, "in", "not null", "null")
_ORDER = {"<": lt, "<=": le, ">": gt, ">=": ge}
_PRUNING = (str, int, datetime)
"""Statistics are trusted for values of these types; those of doubles leave NaN out."""
_MILLISECOND = timedelta(milliseconds=1)
"""Delta's statistics cut times off after the milliseconds."""


def check_conditions(where: Sequence[Condition]) -> None:
    """Refuse an unknown operator."""
    for _, operator, _ in where:
        if operator not in _OPERATORS:
            raise OptionError.malformed("where", operator, f"one of {', '.join(_OPERATORS)}")


def meeting(rows: pa.Table, where: Sequence[Condition]) -> pa.Table:
    """Return the rows that meet all conditions."""
    for name, operator, value in where:
        rows = rows.filter(_mask(rows[name], operator, value))
    return rows


def _mask(column: Any, operator: str, value: object) -> Any:  # noqa: ANN401 - arrays
    if operator == "null":
        return pc.is_null(column)
    if operator == "not null":
        return pc.is_valid(column)
    if operator == "in":
        values: list[Any] = [*value]  # type: ignore[misc]
        return pc.is_in(column, value_set=pa.array(values, column.type))
    return _COMPARE[operator](column, pa.scalar(value, column.type))


def may_meet(least: object, greatest: object, operator: str, value: Any) -> bool:  # noqa: ANN401
    """Return whether a value between two bounds may meet a condition; None is an unknown bound."""
    values = [*value] if operator == "in" else [value]
    if operator in {"!=", "null", "not null"} or least is None or greatest is None:
        return True
    if not all(isinstance(each, _PRUNING) for each in (*values, least, greatest)):
        return True
    if operator == "in":
        return any(_within(least, greatest, each) for each in values)
    if operator == "=":
        return _within(least, greatest, value)
    return _meets(least if operator in {"<", "<="} else greatest, operator, value)


def _within(least: Any, greatest: Any, value: Any) -> bool:  # noqa: ANN401 - of one type
    return _meets(least, "<=", value) and _meets(greatest, ">=", value)


def _meets(bound: Any, operator: str, value: Any) -> bool:  # noqa: ANN401 - of one type
    if isinstance(bound, datetime) and operator in {">", ">="}:
        bound += _MILLISECOND
    return bool(_ORDER[operator](bound, value))

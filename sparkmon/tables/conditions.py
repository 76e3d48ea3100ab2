"""Conditions on rows: which rows meet them, and which files and row groups may have such rows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import eq, ge, gt, le, lt, ne
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.errors import OptionError

Condition: TypeAlias = tuple[str, str, Any]
"""A column, one of ``= != < <= > >= in "not null"``, and a value."""

COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {**{"=": eq, "!=": ne}, **{"<": lt, "<=": le, ">": gt, ">=": ge}}
"""How two values compare, or a column of Spark's and a value."""
_MASKS = {
    **{"=": pc.equal, "!=": pc.not_equal},
    **{"<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal},
}
_OPERATORS = (*COMPARE, "in", "not null")
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
    masks: list[Any] = [_mask(rows[name], operator, value) for name, operator, value in where]
    if not masks:
        return rows
    mask = reduce(pc.and_, masks)
    # To copy maps costs more than to look whether all rows stay.
    return rows if pc.all(mask, skip_nulls=False).as_py() else rows.filter(mask)


def _mask(column: Any, operator: str, value: Any) -> Any:  # noqa: ANN401
    if operator == "not null":
        return pc.is_valid(column)
    if operator == "in":
        return pc.is_in(column, value_set=pa.array([*value], column.type))
    return _MASKS[operator](column, pa.scalar(value, column.type))


def may_meet(least: Any, greatest: Any, operator: str, value: Any) -> bool:  # noqa: ANN401
    """Return whether a value between two bounds may meet a condition; None is an unknown bound."""
    values = [*value] if operator == "in" else [value]
    trusted = all(isinstance(each, _PRUNING) for each in (*values, least, greatest))
    if operator in {"!=", "not null"} or not trusted:
        return True
    if isinstance(greatest, datetime):
        greatest += _MILLISECOND
    if operator in {"=", "in"}:
        return any(least <= each <= greatest for each in values)
    return bool(COMPARE[operator](least if operator in {"<", "<="} else greatest, value))

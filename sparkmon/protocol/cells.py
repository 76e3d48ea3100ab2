"""Flat Python values to the number and the text of each cell, in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.records import FeatureKind, Value

__all__ = ["Cells", "as_text", "cells_of", "settle"]


@dataclass(slots=True)
class Cells:
    """Cells in the order of the values they were made from."""

    numbers: npt.NDArray[np.float64]
    has_number: npt.NDArray[np.bool_]
    texts: list[str]
    text_at: npt.NDArray[np.int64]
    """Which cells the texts belong to."""


def cells_of(values: Sequence[Value], kinds: Sequence[FeatureKind | None]) -> Cells:
    """Make the cells of a row-major table of ``len(kinds)`` columns.

    A table of plain numbers is one bulk conversion. Otherwise each column is one where it is all numbers or all
    texts, and only a column that mixes them is walked value by value.

    Examples
    --------
    >>> cells = cells_of([1.5, "a", True, 2**53 + 1], [None, None])
    >>> cells.numbers[cells.has_number].tolist(), cells.texts, cells.text_at.tolist()
    ([1.5, 1.0], ['a', '9007199254740993'], [1, 3])
    """
    if "categorical" not in kinds:
        numbers = _numbers(values)
        if numbers is not None:
            return Cells(*numbers, [], np.empty(0, np.int64))
    size, width = len(values), len(kinds)
    cells = Cells(np.zeros(size), np.zeros(size, np.bool_), [], np.empty(0, np.int64))
    places: list[npt.NDArray[np.int64]] = []
    for column, kind in enumerate(kinds):
        at = np.arange(column, size, width)
        part = _column(values[column::width], kind)
        cells.numbers[at], cells.has_number[at] = part.numbers, part.has_number
        cells.texts += part.texts
        places.append(at[part.text_at])
    cells.text_at = np.concatenate(places) if places else cells.text_at
    return cells


def settle(value: Value, kind: FeatureKind | None) -> float | str | None:
    """Say what one cell holds: a number, a text or nothing.

    Examples
    --------
    >>> settle(3, "categorical"), settle(True, None), settle(2**53 + 1, None), settle(2**53 + 1, "numeric")
    ('3', 1.0, '9007199254740993', 9007199254740992.0)
    """
    if value is None or type(value) is str:
        return value
    if kind == "categorical":
        return as_text(value)
    number = float(value)
    if kind is None and type(value) is int and int(number) != value:
        return str(value)
    return number


def as_text(value: float | int | bool | str) -> str:
    """Write a level of a categorical column.

    Examples
    --------
    >>> as_text(True), as_text(9007199254740993), as_text(0.5), as_text("NO")
    ('true', '9007199254740993', '0.5', 'NO')
    """
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    return repr(value)


def _numbers(
    values: Sequence[Value],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None:
    """Convert in bulk; None when a value is no number, or an integer that may not fit a double."""
    try:
        array = pa.array(values, pa.float64())
    except (pa.ArrowException, OverflowError):
        return None
    valid = np.ones(len(array), np.bool_)
    if array.null_count:
        valid = array.is_valid().to_numpy(zero_copy_only=False)
    return array.to_numpy(zero_copy_only=False), valid


def _column(values: Sequence[Value], kind: FeatureKind | None) -> Cells:
    if kind != "categorical":
        numbers = _numbers(values)
        if numbers is not None:
            return Cells(*numbers, [], np.empty(0, np.int64))
    if set(map(type, values)) == {str}:
        texts = [value for value in values if type(value) is str]
        nothing = np.zeros(len(texts), np.bool_)
        return Cells(np.zeros(len(texts)), nothing, texts, np.arange(len(texts)))
    settled = [settle(value, kind) for value in values]
    types = np.fromiter(map(_type_code, settled), np.int8, len(settled))
    cells = Cells(np.zeros(len(settled)), types == 1, [], np.flatnonzero(types == 2))
    cells.texts = [value for value in settled if type(value) is str]
    cells.numbers[cells.has_number] = [value for value in settled if type(value) is float]
    return cells


def _type_code(value: float | str | None) -> int:
    return 0 if value is None else 2 if type(value) is str else 1

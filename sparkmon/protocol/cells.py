"""Flat Python values to cells, in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.row_block import Cells
from sparkmon.records import FeatureKind, Value


def cells_of(
    names: tuple[str, ...],
    values: Sequence[Value],
    count: int,
    kinds: Sequence[FeatureKind | None] | None = None,
) -> Cells:
    """Make the cells of ``count`` rows from their values, row-major.

    A table of plain numbers is one bulk conversion. Otherwise each column is one where it is all numbers or all
    texts, and only a column that mixes them is walked value by value.

    Examples
    --------
    >>> cells = cells_of(("a", "b"), [1.5, "x", True, 2**53 + 1], 2)
    >>> cells.numbers.tolist(), cells.has_number.tolist(), cells.texts[1].to_pylist()
    ([[1.5, nan], [1.0, nan]], [[True, False], [True, False]], ['x', '9007199254740993'])
    """
    if kinds is None or "categorical" not in kinds:
        whole = number_cells(names, values, count)
        if whole is not None:
            return whole
    return column_cells(names, values, count, kinds)


def number_cells(names: tuple[str, ...], values: Sequence[Any], count: int) -> Cells | None:
    """Make the cells of a table of numbers, truth values and nulls; None if it has anything else."""
    numbers = _numbers(values)
    if numbers is None:
        return None
    array, valid = numbers
    shape = (count, len(names))
    return Cells(names, array.reshape(shape), None if valid is None else valid.reshape(shape))


def column_cells(
    names: tuple[str, ...],
    values: Sequence[Value],
    count: int,
    kinds: Sequence[FeatureKind | None] | None,
) -> Cells:
    """Make the cells of a table column by column."""
    width = len(names)
    parts = [
        _column(values[at::width], None if kinds is None else kinds[at]) for at in range(width)
    ]
    numbers = np.empty((count, width))
    has_number = np.ones((count, width), np.bool_)
    for at, (column, valid, _) in enumerate(parts):
        numbers[:, at] = column
        if valid is not None:
            has_number[:, at] = valid
    texts = {at: text for at, (_, _, text) in enumerate(parts) if text is not None}
    return Cells(names, numbers, None if has_number.all() else has_number, texts)


def join_cells(parts: Sequence[Cells]) -> Cells:
    """Put cells of one layout below each other.

    Examples
    --------
    >>> parts = [cells_of(("a",), [value], 1) for value in (1.0, None, "x")]
    >>> joint = join_cells(parts)
    >>> joint.has_number.tolist(), joint.texts[0].to_pylist()
    ([[True], [False], [False]], [None, None, 'x'])
    """
    if len(parts) == 1:
        return parts[0]
    has_number = None
    if any(part.has_number is not None for part in parts):
        has_number = np.concatenate([part.is_number() for part in parts])
    texts: dict[int, Any] = {}
    for at in sorted({at for part in parts for at in part.texts}):
        columns = [part.texts.get(at, pa.nulls(len(part), pa.string())) for part in parts]
        texts[at] = pa.concat_arrays(columns)
    numbers = np.concatenate([part.numbers for part in parts])
    return Cells(parts[0].names, numbers, has_number, texts)


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


def join_columns(parts: Sequence[Cells]) -> Cells:
    """Put cells of the same rows next to each other.

    Examples
    --------
    >>> joint = join_columns([cells_of(("a",), [1.0], 1), cells_of(("b",), ["x"], 1)])
    >>> joint.names, joint.has_number.tolist(), joint.texts[1].to_pylist()
    (('a', 'b'), [[True, False]], ['x'])
    """
    numbers = np.concatenate([part.numbers for part in parts], axis=1)
    has_number = present = None
    if any(part.has_number is not None for part in parts):
        has_number = np.concatenate([part.is_number() for part in parts], axis=1)
    if any(part.present is not None for part in parts):
        every = [np.ones(part.numbers.shape, np.bool_) for part in parts]
        present = np.concatenate(
            [
                each if part.present is None else part.present
                for part, each in zip(parts, every, strict=True)
            ],
            axis=1,
        )
    texts: dict[int, Any] = {}
    names: list[str] = []
    for part in parts:
        texts |= {len(names) + at: column for at, column in part.texts.items()}
        names += part.names
    return Cells(tuple(names), numbers, has_number, texts, present)


def _numbers(
    values: Sequence[Value],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_] | None] | None:
    """Convert in bulk; None when a value is no number, or an integer that may not fit a double."""
    try:
        array = pa.array(values, pa.float64())
    except (pa.ArrowException, OverflowError):
        return None
    valid = array.is_valid().to_numpy(zero_copy_only=False) if array.null_count else None
    return array.to_numpy(zero_copy_only=False), valid


def _texts(values: Sequence[Any]) -> pa.Array[Any] | None:
    """Convert in bulk; None when a value is no text."""
    try:
        return pa.array(values, pa.string())
    except pa.ArrowException:
        return None


def _column(
    values: Sequence[Value], kind: FeatureKind | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_] | None, pa.Array[Any] | None]:
    numbers = None if kind == "categorical" else _numbers(values)
    if numbers is not None:
        return *numbers, None
    size = len(values)
    text = _texts(values)
    if text is not None:
        nothing = np.zeros(size, np.bool_)
        return np.full(size, np.nan), nothing, None if text.null_count == size else text
    settled = [settle(value, kind) for value in values]
    has_number = np.fromiter((type(value) is float for value in settled), np.bool_, size)
    array = np.array([value if type(value) is float else np.nan for value in settled])
    texts = [value if type(value) is str else None for value in settled]
    text = pa.array(texts, pa.string())
    return array, has_number, None if text.null_count == size else text

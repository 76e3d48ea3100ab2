"""Flat values to cells, in bulk; cells put below and next to each other."""

import struct
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.body import Values
from sparkmon.protocol.canonical import LEVEL_KINDS, Column, level_of, levels_of, times_of
from sparkmon.protocol.row_block import Cells
from sparkmon.records import FeatureKind, Value

_EXACT = 2**53


class Plain(NamedTuple):
    """Columns that are all numbers: their places, and an Arrow array of doubles of one column after the other."""

    places: Sequence[int]
    numbers: Any


def cells_of(
    names: tuple[str, ...],
    values: Values,
    count: int,
    kinds: Sequence[FeatureKind | None] | None = None,
    numbers: Any = None,  # noqa: ANN401 - an Arrow array of doubles
    plain: Plain | None = None,
) -> Cells:
    """Make the cells of ``count`` rows from their values, row-major.

    A table of plain numbers is one bulk conversion, made already if ``numbers`` has it. Otherwise each column is one
    where its values are of one type, and only a column that mixes them is walked value by value.
    """
    shape = count, len(names)
    kinds = kinds or (None,) * len(names)
    others = [at for at, kind in enumerate(kinds) if kind not in (None, "numeric")]
    numbers = numbers_of(values, len(names)) if numbers is None else numbers
    if numbers is not None:
        array, valid = _apart(numbers)
        if not others:
            return Cells(names, array.reshape(shape), None if valid is None else valid.reshape(shape))
        matrix = array.reshape(shape).copy()
        has_number = np.ones(shape, np.bool_) if valid is None else valid.reshape(shape).copy()
    else:
        matrix, has_number = np.full(shape, np.nan), np.zeros(shape, np.bool_)
    if numbers is None:
        if plain is None or not {*others}.isdisjoint(plain.places):
            plain = plain_of([values[at :: len(names)] for at in range(len(names))], others)
        array, valid = _apart(plain.numbers)
        matrix[:, plain.places] = array.reshape(-1, count).T
        has_number[:, plain.places] = True if valid is None else valid.reshape(-1, count).T
        others = [at for at in range(len(names)) if at not in plain.places]
    texts: dict[int, pa.Array[Any]] = {}
    for at in others:
        matrix[:, at], has_number[:, at], text = _column(values[at :: len(names)], kinds[at])
        if text is not None and text.null_count < count:
            texts[at] = text
    return Cells(names, matrix, None if has_number.all() else has_number, texts)


def plain_of(columns: Sequence[Values], others: Sequence[int] = ()) -> Plain:
    """Convert the columns that begin with a float and are all numbers, except some others, at once."""
    places = [at for at, each in enumerate(columns) if type(each[0]) is float and at not in others]
    numbers = numbers_of(list(chain.from_iterable([columns[at] for at in places])), 1)
    return Plain([], pa.array([], pa.float64())) if numbers is None else Plain(places, numbers)


def numbers_of(values: Values, width: int) -> Any:  # noqa: ANN401 - an Arrow array of doubles
    """Convert rows of ``width`` values in bulk.

    None when a value is no number, truth value or null, or an integer that may not fit a double.
    """
    if isinstance(values, np.ndarray):
        is_integer = values.dtype.kind in "iu" and len(values) > 0
        if is_integer and (values.max() > _EXACT or values.min() < -_EXACT):
            return None
        return pa.array(values.astype(np.float64, copy=False))
    if str in map(type, values[:width]):
        return None  # what is refused at once is cheaper than an exception
    try:
        packed = struct.pack(f"={len(values)}d", *values)  # cheaper than Arrow's own conversion
        if not (np.abs(np.frombuffer(packed)) >= _EXACT).any():
            return pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(packed)])
    except (struct.error, OverflowError):
        pass  # nulls, texts, or integers that no double holds
    try:
        return pa.array(values, pa.float64())
    except (pa.ArrowException, OverflowError):
        return None


def join_cells(parts: Sequence[Cells]) -> Cells:
    """Put cells below each other; where the columns differ, a row has those that it had before."""
    names = tuple(dict.fromkeys(chain.from_iterable([part.names for part in parts])))
    if len(parts) == 1:
        return parts[0]
    column_of = {name: at for at, name in enumerate(names)}
    has_number = present = None
    if all(part.names == names for part in parts):
        numbers = np.concatenate([part.numbers for part in parts])
        has_number = _known(parts, 0)
    else:
        shape = sum(map(len, parts)), len(names)
        numbers = np.full(shape, np.nan)
        has_number, present = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        first = 0
        for part in parts:
            at = [column_of[name] for name in part.names]
            rows = slice(first, first + len(part))
            numbers[rows, at], has_number[rows, at] = part.numbers, part.is_number()
            present[rows, at] = True
            first = rows.stop
    by_name = [{part.names[at]: texts for at, texts in part.texts.items()} for part in parts]
    texts: dict[int, Any] = {}
    for name in dict.fromkeys(chain.from_iterable(by_name)):
        columns = [
            texts_of.get(name, pa.nulls(len(part), pa.string())) for part, texts_of in zip(parts, by_name, strict=True)
        ]
        texts[column_of[name]] = pa.concat_arrays(columns)
    return Cells(names, numbers, has_number, texts, present)


def join_columns(parts: Sequence[Cells]) -> Cells:
    """Put cells of the same rows next to each other."""
    present = None
    if any(part.present is not None for part in parts):
        present = np.concatenate([part.is_present() for part in parts], axis=1)
    texts: dict[int, Any] = {}
    names: list[str] = []
    for part in parts:
        texts |= {len(names) + at: column for at, column in part.texts.items()}
        names += part.names
    numbers = np.concatenate([part.numbers for part in parts], axis=1)
    return Cells(tuple(names), numbers, _known(parts, 1), texts, present)


def _known(parts: Sequence[Cells], axis: int) -> npt.NDArray[np.bool_] | None:
    """Join what says of cells whether they are numbers."""
    if all(part.has_number is None for part in parts):
        return None
    return np.concatenate([part.is_number() for part in parts], axis=axis)


def _apart(numbers: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_] | None]:  # noqa: ANN401
    valid = numbers.is_valid().to_numpy(zero_copy_only=False) if numbers.null_count else None
    return numbers.to_numpy(zero_copy_only=False), valid


def _column(values: Values, kind: FeatureKind | None) -> Column:
    """Return the numbers of a column, which cells have one, and its texts."""
    if kind in LEVEL_KINDS:
        return levels_of(_array(values), kind)
    numbers, has_number, texts = _numbers_and_texts(values, kind)
    return times_of(numbers, has_number, texts) if kind == "time" else (numbers, has_number, texts)


def _array(values: Values) -> Any:  # noqa: ANN401 - an Arrow array of the values' own type
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):  # of several types, or great integers
        # NaN among texts is what pandas has for null.
        levels = [None if value is None or value != value else level_of(value) for value in values]
        return pa.array(levels, pa.string())


def _numbers_and_texts(values: Values, kind: FeatureKind | None) -> Column:
    numbers = numbers_of(values, 1)
    if numbers is not None:
        array, valid = _apart(numbers)
        return array, np.ones(len(array), np.bool_) if valid is None else valid, None
    nothing = np.full(len(values), np.nan)
    listed: list[Value] = values.tolist() if isinstance(values, np.ndarray) else values
    try:
        return nothing, np.zeros(len(nothing), np.bool_), pa.array(listed, pa.string())
    except pa.ArrowException:
        apart = [_number_or_text(value, kind) for value in listed]
    array = np.array([value if type(value) is float else np.nan for value in apart])
    has_number = np.array([type(value) is float for value in apart])
    return array, has_number, pa.array([v if type(v) is str else None for v in apart])


def _number_or_text(value: Value, kind: FeatureKind | None) -> float | str | None:
    """Return a value as a number; of an unknown kind an integer that no double holds is a text."""
    if value is None or type(value) is str:
        return value
    number = float(value)
    return str(value) if kind is None and type(value) is int and int(number) != value else number

"""Feature vectors in the predictor's protocol: JSON values for V1, tensors for V2."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

import orjson

from sparkmon.store.online import FeatureValue

_NUMBERS = {int, float, bool, Decimal, type(None)}


class FeatureTensor(NamedTuple):
    """One tensor: ``data`` is flat and row-major, of floats, ints, bools, strings or bytes."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Any]


def plain(value: object) -> Any:  # noqa: ANN401 - a value that orjson can write
    """Return the JSON form of another value: a number for a decimal, text for bytes and others.

    >>> plain(Decimal("1.50")), plain(b"abc")
    (1.5, 'abc')
    """
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def as_tensors(features: Sequence[str], values: list[list[FeatureValue]], layout: str) -> list[FeatureTensor]:
    """Return V2 tensors: one FP64 of shape ``[n, d]`` for numbers, one per feature for other values or ``columns``.

    A column of whole numbers is INT64, of numbers or None FP64 (None is NaN), of booleans BOOL, of lists of k numbers
    FP64 of shape ``[n, k]``; any other is BYTES: text, ISO 8601 for times, JSON for lists and objects, ``""`` for None.

    >>> as_tensors(("a", "b"), [[1, 2.5], [None, 4]], "vectors")
    [FeatureTensor(name='input-0', shape=[2, 2], datatype='FP64', data=[1.0, 2.5, nan, 4.0])]
    >>> [tensor.datatype for tensor in as_tensors(("a", "b"), [[1, "x"], [3, None]], "vectors")]
    ['INT64', 'BYTES']
    """
    cells = list(chain.from_iterable(values))
    if layout == "vectors" and set(map(type, cells)) <= _NUMBERS:
        return [FeatureTensor("input-0", [len(values), len(features)], "FP64", _floats(cells))]
    columns = zip(*values, strict=True) if values else [()] * len(features)
    return [_column(name, list(column)) for name, column in zip(features, columns, strict=True)]


def _column(name: str, values: list[FeatureValue]) -> FeatureTensor:
    kinds = set(map(type, values))
    count = len(values)
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in values):  # type: ignore[operator]
        return FeatureTensor(name, [count], "INT64", values)
    if kinds == {bool}:
        return FeatureTensor(name, [count], "BOOL", values)
    if kinds <= _NUMBERS:
        return FeatureTensor(name, [count], "FP64", _floats(values))
    if kinds == {list}:
        lists: list[list[Any]] = values  # type: ignore[assignment]
        cells = list(chain.from_iterable(lists))
        if len(set(map(len, lists))) == 1 and set(map(type, cells)) <= _NUMBERS:
            return FeatureTensor(name, [count, len(lists[0])], "FP64", _floats(cells))
    return FeatureTensor(name, [count], "BYTES", list(map(_text, values)))


def _floats(values: list[Any]) -> list[float]:
    return [float("nan") if value is None else float(value) for value in values]


def _text(value: FeatureValue) -> str | bytes:
    if value is None:
        return ""
    if isinstance(value, (str, bytes)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return orjson.dumps(value, default=plain).decode()

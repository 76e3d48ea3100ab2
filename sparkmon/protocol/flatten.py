"""Nested lists of scalars, flattened row-major."""

from __future__ import annotations

from itertools import chain
from typing import Any

from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import Value

MAX_DEPTH = 32
"""The most levels of lists or objects one value may have; no array type has more."""


def flatten(value: list[Any]) -> tuple[tuple[int, ...], list[Value]]:
    """Flatten a nested list to its shape and its scalars.

    Works level by level, so that depth costs no stack. Raises ProtocolError ``ROWS_RAGGED`` when lists of one level
    differ in length or stand next to scalars, ``VALUE_TOO_DEEP`` beyond 32 levels, ``INSTANCE_MALFORMED`` when an
    object stands inside a list.

    Examples
    --------
    >>> flatten([[1, 2, 3], [4, 5, 6]])
    ((2, 3), [1, 2, 3, 4, 5, 6])
    """
    shape = [len(value)]
    level = value
    while True:
        types = set(map(type, level))
        if dict in types:
            raise protocol_error(
                "INSTANCE_MALFORMED", "got an object inside a list; expected scalars or lists"
            )
        if list not in types:
            return tuple(shape), level
        lengths = set(map(len, level)) if len(types) == 1 else set()
        if len(lengths) != 1:
            raise protocol_error(
                "ROWS_RAGGED", "got nested lists of different lengths; expected a full array"
            )
        if len(shape) == MAX_DEPTH:
            raise protocol_error(
                "VALUE_TOO_DEEP", f"got a value nested deeper than {MAX_DEPTH} levels"
            )
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))

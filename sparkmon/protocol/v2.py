"""KServe's V2 protocol (Open Inference Protocol): tensors to rows, as JSON or with the binary extension.

The rows of a body are the first dimension of its tensors, which must agree. A tensor of shape ``[n]`` or ``[n, 1]`` is
one column of its own name; one of ``[n, d]`` (further dimensions multiplied) is ``d`` columns ``<tensor>_0`` ...
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from math import prod
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sparkmon.protocol.body import Rows, Values, check_room, check_shape, check_text
from sparkmon.protocol.cells import numbers_of
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.protocol.tensors import DATATYPES, tensor_from_bytes, tensor_from_json
from sparkmon.records import Value

_MAX_DIMENSIONS = 32
_SMALL_NAMES = 2**14
_NAME, _DATATYPE, _SHAPE, _DATA = map(itemgetter, ("name", "datatype", "shape", "data"))
_LENGTH = list.__len__


class Head(NamedTuple):
    """What a tensor says of itself before its data is looked at."""

    name: str
    datatype: str
    rows: int
    width: int
    binary_size: int | None


def has_tensors(values: object) -> bool:
    """Tell V2 tensors from V1 instances under ``inputs``, by the first: both protocols use that key."""
    first = values[0] if type(values) is list and values else None
    if type(first) is not dict or "name" not in first:
        return False
    return "datatype" in first or ("shape" in first and "data" in first)


def read_tensors(
    lists: Sequence[list[Any]], tails: Sequence[bytes] | None = None, limits: Limits = DEFAULT_LIMITS
) -> Rows | None:
    """Read what bodies have under ``inputs`` or ``outputs``.

    ``tails`` are what follows the JSON heads: the tensors that have a ``binary_data_size``, one after the other. Rows
    are not ``named`` when the only tensor has several columns, whose numbers are no names.

    None and errors are those of :func:`sparkmon.protocol.v1.read_instances`.
    """
    heads, names = _read_heads(lists[0], limits)
    count = len(lists)
    tensors = lists[0] if count == 1 else list(chain.from_iterable(lists))
    if count > 1 and not _alike(lists, tensors, heads):
        return None
    tail_size = 0 if tails is None else len(tails[0])
    if tails is not None and set(map(len, tails)) != {tail_size}:
        return None
    _check_tail(heads, tail_size)
    values: Values | None
    is_json = all(head.binary_size is None for head in heads)
    if count > 1 and is_json and heads[0].rows == 1 and len({DATATYPES.get(head.datatype) for head in heads}) == 1:
        # One row in each body: all data, one after the other, is the table row by row.
        values = _from_json(tensors, heads, count)
    else:
        raw = np.frombuffer(b"".join(tails or ()), np.uint8).reshape(count, tail_size)
        parts: list[Values] = []
        first = 0
        for at, head in enumerate(heads):
            if head.binary_size is None:
                part = _from_json(tensors[at :: len(heads)], [head], count)
            else:
                end = first + head.binary_size
                part = _from_bytes(raw[:, first:end], head, count)
                first = end
            if part is None:
                return None
            parts.append(part)
        values = _beside(heads, parts)
    if values is None:
        return None
    is_named = len(heads) > 1 or len(names) <= 1
    return Rows(names, is_named, [heads[0].rows] * count, values)


def _read_heads(tensors: Sequence[Any], limits: Limits) -> tuple[list[Head], tuple[str, ...]]:
    """Read what tensors say of themselves, and name their columns."""
    if len(tensors) > limits.columns:
        check_shape(0, len(tensors), limits)
    heads = [_head(tensor) for tensor in tensors]
    count = heads[0].rows
    if len({head.rows for head in heads}) > 1:
        raise protocol_error(
            "TENSOR_ROWS_DIFFER",
            f"got tensors of {sorted({head.rows for head in heads})[:8]} rows; expected one number",
        )
    check_shape(count, sum(head.width for head in heads), limits)
    return heads, _names(heads, count, limits)


def _head(tensor: object) -> Head:
    if type(tensor) is not dict:
        raise protocol_error("TENSOR_MALFORMED", f"got {type(tensor).__name__} instead of a tensor object")
    name, datatype, shape = tensor.get("name"), tensor.get("datatype"), tensor.get("shape")
    if type(name) is not str or type(datatype) is not str or type(shape) is not list:
        raise protocol_error("TENSOR_MALFORMED", "got a tensor without name, datatype or shape; it needs all three")
    if not 0 < len(shape) <= _MAX_DIMENSIONS or set(map(type, shape)) != {int} or min(shape) < 0:
        raise protocol_error(
            "TENSOR_SHAPE",
            f"got the shape {str(shape)[:80]} of tensor {name!r}; expected 1 to {_MAX_DIMENSIONS} sizes of 0 or more",
        )
    size = _binary_size(tensor)
    if size is not None and (type(size) is not int or size < 0):
        raise protocol_error("TENSOR_MALFORMED", f"got binary_data_size {str(size)[:40]!r} of tensor {name!r}")
    return Head(name, datatype, shape[0], prod(shape[1:]), size)


def _binary_size(tensor: dict[str, Any]) -> Any:  # noqa: ANN401 - an int, if all is well
    parameters = tensor.get("parameters")
    return parameters.get("binary_data_size") if type(parameters) is dict else None


def _names(heads: Sequence[Head], count: int, limits: Limits) -> tuple[str, ...]:
    layout = tuple([(head.name, head.width) for head in heads])
    size = sum([len(name) * width for name, width in layout])
    if size <= _SMALL_NAMES:
        return _small_layout(layout)
    check_text([head.name for head in heads], limits, "a tensor name")
    check_room(max(count, 1) * size, limits.decompressed_bytes)
    return _layout(layout)


def _layout(layout: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    names: list[str] = []
    for name, width in layout:
        names.extend([name] if width == 1 else [f"{name}_{i}" for i in range(width)])
    if len(set(names)) != len(names):
        raise protocol_error("NAMES_COLLIDE", "got two tensors that share a column name; rename one")
    return tuple(names)


# The same few models send most of what comes; the bound on size bounds what a stranger can make it hold.
_small_layout = lru_cache(maxsize=256)(_layout)


def _alike(lists: Sequence[list[Any]], tensors: list[dict[str, Any]], heads: Sequence[Head]) -> bool:
    """Tell whether all bodies have the heads of the first one, which were looked at closely."""
    count = len(lists)
    if set(map(len, lists)) != {len(heads)}:
        return False
    if list(map(_NAME, tensors)) != [head.name for head in heads] * count:
        return False
    if list(map(_DATATYPE, tensors)) != [head.datatype for head in heads] * count:
        return False
    shapes = list(map(_SHAPE, tensors))
    own = shapes[: len(heads)]
    sizes = list(chain.from_iterable(shapes))
    if list(map(len, shapes)) != list(map(len, own)) * count:
        return False
    # True and 1.0 equal 1 but are no sizes.
    if sizes != list(chain.from_iterable(own)) * count or set(map(type, sizes)) != {int}:
        return False
    if set(map(len, tensors)) == {4} and all(head.binary_size is None for head in heads):
        return True  # the fourth member is the data, as will show
    binary = list(map(_binary_size, tensors))
    return binary == [head.binary_size for head in heads] * count and bool not in map(type, binary)


def _check_tail(heads: Sequence[Head], tail_size: int) -> None:
    """Check that the tensors with a binary size use up what follows the head."""
    rest = tail_size
    for head in heads:
        size = head.binary_size or 0
        if size > rest:
            raise protocol_error("BINARY_SIZE_MISMATCH", f"tensor {head.name!r} claims {size} bytes; {rest} are left")
        rest -= size
    if rest:
        raise protocol_error("BINARY_SIZE_MISMATCH", f"{rest} bytes are left after the last tensor")


def _from_json(tensors: list[dict[str, Any]], heads: Sequence[Head], count: int) -> Values | None:
    """Read the data of ``count`` bodies one after the other; None if one of several is not flat, or too long."""
    head = heads[0]
    sizes = [each.rows * each.width for each in heads] * count
    values: Any
    if count == 1:
        values = tensors[0].get("data")
    else:
        data = list(map(_DATA, tensors))
        if list(map(_LENGTH, data)) != sizes:
            return None
        values = list(chain.from_iterable(data))
    total = sum(sizes)
    if DATATYPES.get(head.datatype) is float and type(values) is list and len(values) == total:
        numbers = numbers_of(values, 1)
        if numbers is not None and not numbers.null_count:
            array: npt.NDArray[np.float64] = numbers.to_numpy()
            # A truth value is no number in a tensor of numbers.
            doubtful = np.flatnonzero((array == 0) | (array == 1)).tolist()
            if not any(type(values[at]) is bool for at in doubtful):
                return array
    return tensor_from_json(head.name, head.datatype, values, total)


def _from_bytes(raw: Any, head: Head, count: int) -> Values:  # noqa: ANN401 - bodies x bytes
    size = head.rows * head.width
    if head.datatype != "BYTES":
        return tensor_from_bytes(head.name, head.datatype, raw.tobytes(), size * count)
    texts = [tensor_from_bytes(head.name, "BYTES", each.tobytes(), size) for each in raw]
    return list(chain.from_iterable(texts))


def _beside(heads: Sequence[Head], parts: Sequence[Values]) -> Values:
    """Put the columns of tensors next to each other, row-major."""
    if len(parts) == 1:
        return parts[0]
    arrays = [
        part.reshape(-1, head.width)
        for head, part in zip(heads, parts, strict=True)
        if isinstance(part, np.ndarray) and head.width
    ]
    if len(arrays) == len(parts) and len({array.dtype for array in arrays}) == 1:
        return np.concatenate(arrays, axis=1).ravel()
    columns: list[list[Value]] = []
    for head, part in zip(heads, parts, strict=True):
        values = part.tolist() if isinstance(part, np.ndarray) else part
        columns += [values[i :: head.width] for i in range(head.width)]
    return list(chain.from_iterable(zip(*columns, strict=True)))

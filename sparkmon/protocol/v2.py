"""KServe's V2 protocol (Open Inference Protocol): tensors to rows, as JSON or with the binary extension.

The rows of a body are the first dimension of its tensors, which must agree. A tensor of shape ``[n]`` or ``[n, 1]`` is
one column of its own name; one of ``[n, d]`` (further dimensions multiplied) is ``d`` columns ``<tensor>_0`` ...
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from math import prod
from typing import Any, NamedTuple

from sparkmon.protocol.body import Rows, check_shape, check_text
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.protocol.tensors import tensor_from_bytes, tensor_from_json
from sparkmon.records import Value

_MAX_DIMENSIONS = 32
_SMALL_NAMES = 2**14


class Head(NamedTuple):
    """What a tensor says of itself before its data is looked at."""

    name: str
    datatype: str
    rows: int
    width: int
    binary_size: int | None
    data: object


def is_tensor(element: object) -> bool:
    """Tell a V2 tensor from a V1 instance under ``inputs``: both protocols use that key.

    Examples
    --------
    >>> is_tensor({"name": "x", "datatype": "FP64", "shape": [1], "data": [1]}), is_tensor([1.0, 2.0])
    (True, False)
    """
    if type(element) is not dict or "name" not in element:
        return False
    return "datatype" in element or ("shape" in element and "data" in element)


def read_tensors(
    tensors: Sequence[Any], tail: bytes = b"", limits: Limits = DEFAULT_LIMITS
) -> Rows:
    r"""Read the tensors under ``inputs`` or ``outputs``.

    Parameters
    ----------
    tensors : sequence
        The parsed tensor objects.
    tail : bytes
        What follows the JSON head: the tensors that have a ``binary_data_size``, one after the other.
    limits : Limits
        The bounds of one event.

    Returns
    -------
    Rows
        ``named`` is False when the only tensor has several columns, whose numbers are no names.

    Raises
    ------
    ProtocolError
        ``TENSOR_MALFORMED``, ``TENSOR_SHAPE``, ``TENSOR_ROWS_DIFFER``, ``TENSOR_DATA``, ``DATATYPE_UNKNOWN``,
        ``BINARY_SIZE_MISMATCH``, ``NAMES_COLLIDE``, ``ROWS_RAGGED``, ``VALUE_TOO_LONG`` and ``TOO_MANY_*``.

    Examples
    --------
    >>> read_tensors([{"name": "x", "shape": [2], "datatype": "INT64", "data": [1, 2]}])
    Rows(names=('x',), named=True, count=2, values=[1, 2])
    >>> head = {"name": "x", "shape": [1, 2], "datatype": "BOOL", "parameters": {"binary_data_size": 2}}
    >>> read_tensors([head], b"\x01\x00")
    Rows(names=('x_0', 'x_1'), named=False, count=1, values=[True, False])
    """
    heads, names = read_heads(tensors, limits)
    count = heads[0].rows
    parts = _parts(heads, tail)
    if len(parts) == 1:
        values = parts[0]
    elif count == 1:
        values = list(chain.from_iterable(parts))
    else:
        columns = [
            p[i :: h.width] for h, p in zip(heads, parts, strict=True) for i in range(h.width)
        ]
        values = list(chain.from_iterable(zip(*columns, strict=True)))
    if "BYTES" in {head.datatype for head in heads}:
        check_text([value for value in values if type(value) is str], limits)
    return Rows(names, len(heads) > 1 or len(names) <= 1, count, values)


def read_heads(tensors: Sequence[Any], limits: Limits) -> tuple[list[Head], tuple[str, ...]]:
    """Read what tensors say of themselves, and name their columns; errors as for :func:`read_tensors`."""
    if len(tensors) > limits.columns:
        check_shape(0, len(tensors), limits)
    heads = [_head(tensor) for tensor in tensors]
    count = heads[0].rows
    if len({head.rows for head in heads}) > 1:
        raise protocol_error(
            "TENSOR_ROWS_DIFFER",
            f"got tensors of {sorted({head.rows for head in heads})[:8]} rows; expected one number",
        )
    width = sum([head.width for head in heads])
    check_shape(count, width, limits)
    return heads, _names(heads, count, limits)


def _head(tensor: object) -> Head:
    if type(tensor) is not dict:
        raise protocol_error(
            "TENSOR_MALFORMED", f"got {type(tensor).__name__} instead of a tensor object"
        )
    name, datatype, shape = tensor.get("name"), tensor.get("datatype"), tensor.get("shape")
    if type(name) is not str or type(datatype) is not str or type(shape) is not list:
        raise protocol_error(
            "TENSOR_MALFORMED", "got a tensor without name, datatype or shape; it needs all three"
        )
    if not 0 < len(shape) <= _MAX_DIMENSIONS or set(map(type, shape)) != {int} or min(shape) < 0:
        raise protocol_error(
            "TENSOR_SHAPE",
            f"got the shape {str(shape)[:80]} of tensor {name!r}; expected 1 to {_MAX_DIMENSIONS} sizes of 0 or more",
        )
    parameters = tensor.get("parameters")
    size = parameters.get("binary_data_size") if type(parameters) is dict else None
    if size is not None and (type(size) is not int or size < 0):
        raise protocol_error(
            "TENSOR_MALFORMED", f"got binary_data_size {str(size)[:40]!r} of tensor {name!r}"
        )
    return Head(name, datatype, shape[0], prod(shape[1:]), size, tensor.get("data"))


def _names(heads: Sequence[Head], count: int, limits: Limits) -> tuple[str, ...]:
    layout = tuple([(head.name, head.width) for head in heads])
    size = sum([len(name) * width for name, width in layout])
    if size <= _SMALL_NAMES:
        return _small_layout(layout)
    check_text([head.name for head in heads], limits, "a tensor name")
    if max(count, 1) * size > limits.decompressed_bytes:
        raise protocol_error(
            "TOO_MANY_VALUES", "got tensor names too long for so many values; shorten them"
        )
    return _layout(layout)


def _layout(layout: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    names: list[str] = []
    for name, width in layout:
        names.extend([name] if width == 1 else [f"{name}_{i}" for i in range(width)])
    if len(set(names)) != len(names):
        raise protocol_error(
            "NAMES_COLLIDE", "got two tensors that share a column name; rename one"
        )
    return tuple(names)


# The same few models send most of what comes; the bound on size bounds what a stranger can make it hold.
_small_layout = lru_cache(maxsize=256)(_layout)


def _parts(heads: Sequence[Head], tail: bytes) -> list[Sequence[Value]]:
    """Read each tensor's values, those with a binary size from ``tail``, which they must use up."""
    parts: list[Sequence[Value]] = []
    at = 0
    for head in heads:
        count = head.rows * head.width
        if head.binary_size is None:
            parts.append(tensor_from_json(head.name, head.datatype, head.data, count))
            continue
        end = at + head.binary_size
        if end > len(tail):
            raise protocol_error(
                "BINARY_SIZE_MISMATCH",
                f"tensor {head.name!r} claims {head.binary_size} bytes; {len(tail) - at} are left",
            )
        parts.append(tensor_from_bytes(head.name, head.datatype, tail[at:end], count))
        at = end
    if at != len(tail):
        raise protocol_error(
            "BINARY_SIZE_MISMATCH", f"{len(tail) - at} bytes are left after the last tensor"
        )
    return parts

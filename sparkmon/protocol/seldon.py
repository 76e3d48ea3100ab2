"""The messages of Seldon Core's first protocol: ``data`` is an ``ndarray``, or a ``tensor`` of a shape, under names."""

from math import prod
from typing import Any

from sparkmon.protocol.body import check_names, check_shape
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.protocol_error import protocol_error


def is_seldon(body: dict[str, Any]) -> bool:
    """Tell whether a JSON body is a SeldonMessage with values; those with text, bytes or other JSON have none."""
    data = body.get("data")
    return type(data) is dict and ("ndarray" in data or "tensor" in data)


def seldon_instances(data: dict[str, Any], limits: Limits) -> list[Any]:
    """Turn the ``data`` of a SeldonMessage into instances of V1: objects where each value of a row has a name.

    Seldon's servers call columns without names ``t:0``, ``t:1``, ...; these are none.

    >>> from sparkmon.protocol.limits import DEFAULT_LIMITS
    >>> seldon_instances({"names": ["a", "b"], "tensor": {"shape": [2, 2], "values": [1, 2, 3, 4]}}, DEFAULT_LIMITS)
    [{'a': 1, 'b': 2}, {'a': 3, 'b': 4}]
    >>> seldon_instances({"names": ["t:0"], "ndarray": [[0.5]]}, DEFAULT_LIMITS)
    [[0.5]]
    """
    rows = data["ndarray"] if "ndarray" in data else _rows_of(data["tensor"])
    names = data.get("names")
    if type(rows) is not list:
        raise protocol_error("INSTANCES_MALFORMED", f"got {type(rows).__name__} as ndarray; expected a list")
    if type(names) is not list or set(map(type, names)) - {str} or names == [f"t:{at}" for at in range(len(names))]:
        return rows
    rows = [row if type(row) is list else [row] for row in rows]
    if {*map(len, rows)} != {len(names)}:
        return rows
    if len(set(names)) < len(names):
        raise protocol_error("NAMES_COLLIDE", "got two names of a SeldonMessage that are the same; rename one")
    check_shape(len(rows), len(names), limits)
    check_names(names, len(rows), limits)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _rows_of(tensor: object) -> list[Any]:
    shape, values = (tensor.get("shape"), tensor.get("values")) if type(tensor) is dict else (None, None)
    if type(shape) is not list or type(values) is not list or not shape or set(map(type, shape)) != {int}:
        raise protocol_error("TENSOR_MALFORMED", "got a tensor of a SeldonMessage without a shape or a list of values")
    if min(shape) < 0 or prod(shape) != len(values):
        raise protocol_error("TENSOR_SHAPE", f"got {len(values)} values of the shape {str(shape)[:80]}")
    width = prod(shape[1:])
    return [values[at * width : (at + 1) * width] for at in range(shape[0])]

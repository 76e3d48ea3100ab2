"""The tensor types of the V2 protocol (Open Inference Protocol), from JSON data and from little-endian bytes.

What a value becomes: ``BOOL`` a truth value, the integer types an exact int, the floating types a float, ``BYTES`` a
string. Bytes that are not UTF-8 become ``base64:`` and their base64 text, so that a table can hold every value.
"""

import base64
import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from sparkmon.errors import ProtocolError
from sparkmon.protocol.body import Values, flatten
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import Value

_INTEGERS = {
    f"{sign}INT{8 * size}": f"<{kind}{size}" for sign, kind in (("", "i"), ("U", "u")) for size in (1, 2, 4, 8)
}
_FLOATS = {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8"}
_FIXED = {"BOOL": "<u1", "BF16": "<u2", **_INTEGERS, **_FLOATS}

DATATYPES: dict[str, type[float | int | bool | str]] = {
    "BOOL": bool,
    "BF16": float,
    "BYTES": str,
    **dict.fromkeys(_INTEGERS, int),
    **dict.fromkeys(_FLOATS, float),
}
"""Datatype to the type of its values."""


def tensor_from_json(name: str, datatype: str, data: object, count: int) -> list[Value]:
    """Read a tensor's ``data`` member, flat or nested, as ``count`` values of ``datatype``, or raise ProtocolError."""
    python_type = DATATYPES.get(datatype)
    if python_type is None:
        raise _unknown(name, datatype)
    if type(data) is not list:
        raise protocol_error("TENSOR_DATA", f"got {type(data).__name__} as data of tensor {name!r}; expected a list")
    values: list[Value] = data
    types = set(map(type, values))
    if list in types or dict in types:
        _, values = flatten(data)
        types = set(map(type, values))
    if len(values) != count:
        raise protocol_error("TENSOR_SHAPE", f"got {len(values)} values in tensor {name!r}; its shape says {count}")
    types.discard(type(None))
    if types <= {python_type}:
        return values
    converted = _converted(values, types, python_type)
    if converted is None:
        got = ", ".join(sorted(t.__name__ for t in types))
        raise protocol_error("TENSOR_DATA", f"got {got} in tensor {name!r}; expected {datatype}")
    return converted


def _converted(
    values: list[Value], types: set[type], python_type: type[float | int | bool | str]
) -> list[Value] | None:
    """Take whole floats for integers, integers for floats, 0 and 1 for truth values; None otherwise."""
    if python_type is float:
        fits = types <= {float, int}
    elif python_type is int:
        fits = types <= {float, int} and all(type(value) is not float or value.is_integer() for value in values)
    else:
        fits = python_type is bool and types <= {bool, int} and set(values) <= {0, 1, None}
    return [None if value is None else python_type(value) for value in values] if fits else None


def tensor_from_bytes(name: str, datatype: str, data: bytes, count: int) -> Values:
    """Read a tensor's raw little-endian bytes as ``count`` values of ``datatype``, or raise ProtocolError."""
    if datatype == "BYTES":
        return _strings(name, data, count)
    if datatype not in _FIXED:
        raise _unknown(name, datatype)
    size = count * np.dtype(_FIXED[datatype]).itemsize
    if len(data) != size:
        raise protocol_error(
            "BINARY_SIZE_MISMATCH",
            f"got {len(data)} bytes for tensor {name!r}; {count} values of {datatype} take {size}",
        )
    array: npt.NDArray[Any] = np.frombuffer(data, _FIXED[datatype])
    if datatype == "BOOL":
        array = array != 0
    if datatype == "BF16":
        array = (array.astype("<u4") << 16).view("<f4")
    return array


def _strings(name: str, data: bytes, count: int) -> list[Value]:
    if count * 4 > len(data):
        raise protocol_error("BINARY_SIZE_MISMATCH", f"got {len(data)} bytes for {count} strings of tensor {name!r}")
    values: list[Value] = []
    at = 0
    for _ in range(count):
        start = at + 4
        if start > len(data):
            break
        at = start + int(struct.unpack_from("<I", data, start - 4)[0])
        values.append(_text(data[start:at]))
    if at != len(data) or len(values) != count:
        raise protocol_error(
            "BINARY_SIZE_MISMATCH", f"the string lengths of tensor {name!r} do not add up to its {len(data)} bytes"
        )
    return values


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(data).decode("ascii")


def _unknown(name: str, datatype: str) -> ProtocolError:
    return protocol_error(
        "DATATYPE_UNKNOWN",
        f"got the datatype {datatype[:40]!r} in tensor {name!r}; known are {', '.join(sorted(DATATYPES))}",
    )

"""JSON as bytes, by orjson where it is installed and else by the standard library, with the same results.

The package installs orjson. On a bare cluster, to which the package comes by ``--py-files``, there may be none.

Strict means RFC 8259: UTF-8 without a byte order mark, no ``NaN`` or ``Infinity``, no lone surrogates, no number too
large for a double. Integers that fit 64 bits are exact; larger ones become doubles.
"""

import importlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from sparkmon.errors import ProtocolError

try:
    _orjson: Any = importlib.import_module("orjson")
except ImportError:
    _orjson = None

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def loads(data: bytes) -> Any:  # noqa: ANN401 - JSON is any of its six types
    """Read strict JSON; ValueError if it is anything else.

    >>> loads(b'{"a": [1, 2.5, null]}')
    {'a': [1, 2.5, None]}
    """
    return _by_json(data) if _orjson is None else _orjson.loads(data)


def loads_many(texts: Iterable[bytes]) -> Iterator[Any]:
    """Read many texts as :func:`loads` does each; an error leaves the iterator beyond its text.

    >>> list(loads_many([b"1", b"[2]"]))
    [1, [2]]
    """
    return map(_by_json if _orjson is None else _orjson.loads, texts)


def dumps(value: Any) -> bytes:  # noqa: ANN401
    """Write dicts, lists, strings, numbers, truth values and None without spaces; a number that is not finite is null.

    TypeError or ValueError of anything else.

    >>> dumps({"a": [1, 2.5, None, float("nan")]})
    b'{"a":[1,2.5,null,null]}'
    """
    return _to_json(value) if _orjson is None else bytes(_orjson.dumps(value))


def loads_with_literals(data: bytes) -> Any:  # noqa: ANN401
    """Read JSON that may have ``NaN``, ``Infinity`` and ``-Infinity``; else as :func:`loads`, more slowly.

    >>> loads_with_literals(b"[-Infinity]")
    [-inf]
    """
    return _read(_WITH_LITERALS, data)


def _by_json(data: bytes) -> Any:  # noqa: ANN401
    return _read(_STRICT, data)


def _to_json(value: Any) -> bytes:  # noqa: ANN401
    return json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":")).encode()


def _finite(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read(decoder: json.JSONDecoder, data: bytes) -> Any:  # noqa: ANN401
    text = bytes(data).decode("utf-8")
    try:
        value = decoder.decode(text)
    except RecursionError:
        raise ProtocolError("it is nested too deeply") from None
    if _SURROGATE.search(text):
        # Pairs have become one character by now; a lone half does not encode.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _double(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ProtocolError("got a number that is infinity as a double")
    return number


def _integer(text: str) -> int | float:
    if len(text) <= 20:
        number = int(text)
        if -(2**63) <= number < 2**64:
            return number
    return _double(text)


def _no_literal(text: str) -> NoReturn:
    raise ProtocolError(f"got {text}")


_WITH_LITERALS = json.JSONDecoder(parse_float=_double, parse_int=_integer)
_STRICT = json.JSONDecoder(parse_float=_double, parse_int=_integer, parse_constant=_no_literal)

"""Strict JSON, and bodies of nearly strict JSON.

Strict means RFC 8259: UTF-8 without a byte order mark, no ``NaN`` or ``Infinity``, no lone surrogates, no number too
large for a double. Integers that fit 64 bits are exact; larger ones become doubles. Bodies may have ``NaN``,
``Infinity`` and ``-Infinity``: Python's ``json``, Triton and TorchServe write them.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from sparkmon.errors import ProtocolError
from sparkmon.protocol.protocol_error import protocol_error

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LITERAL = re.compile(rb"NaN|Infinity")
_SPACE = re.compile(r"[ \t\n\r]*")


def _double(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise protocol_error("BODY_NOT_JSON", "got a number that is infinity as a double")
    return number


def _integer(text: str) -> int | float:
    if len(text) <= 20:
        number = int(text)
        if -(2**63) <= number < 2**64:
            return number
    return _double(text)


_VALUES = json.JSONDecoder()
_WITH_LITERALS = json.JSONDecoder(parse_float=_double, parse_int=_integer)


def loads(data: bytes) -> Any:  # noqa: ANN401 - JSON is any of its six types
    """Read strict JSON; the ProtocolError ``BODY_NOT_JSON`` has the reader's own words for where it is not."""
    return _read(orjson.loads, data)


def loads_body(data: bytes) -> Any:  # noqa: ANN401
    """Read JSON as :func:`loads` does, or else more slowly, with ``NaN``, ``Infinity`` and ``-Infinity`` as numbers."""
    try:
        return loads(data)
    except ProtocolError:
        if _LITERAL.search(data) is None:
            raise
    return _read(_with_literals, data)


def _read(reader: Callable[[bytes], Any], data: bytes) -> Any:  # noqa: ANN401
    try:
        return reader(data)
    except ProtocolError:
        raise
    except (ValueError, RecursionError) as error:
        raise _not_json(data, error) from None


def load_each(texts: Iterable[bytes]) -> list[Any]:
    """Read many texts; what is not strict JSON is None."""
    values: list[Any] = []
    pending = map(orjson.loads, texts)
    while True:
        try:
            # What was read before a text that is not JSON stays in the list, and the iterator is beyond that text.
            values.extend(pending)
        except ValueError:
            values.append(None)
        else:
            return values


def _with_literals(data: bytes) -> Any:  # noqa: ANN401
    text = data.decode("utf-8")
    value = _WITH_LITERALS.decode(text)
    if _SURROGATE.search(text):
        # Pairs have become one character by now; a lone half does not encode.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def split_head(data: bytes) -> tuple[Any, bytes]:
    r"""Read the JSON value that ``data`` begins with, and return it with the bytes that follow it.

    This is how the tensors of a V2 binary body are found when nothing says how long its JSON head is: the logger
    keeps a response's own length header to itself. Raises ProtocolError ``BODY_NOT_JSON`` when no complete JSON object
    stands at the start.
    """
    # JSON's own marks are ASCII, and Latin-1 keeps every byte at its place.
    text = data.decode("latin-1")
    start = skip_space(text, 0)
    if text[start : start + 1] != "{":
        raise _not_json(data, "it does not begin with an object")
    try:
        end = value_end(text, start)
    except (ValueError, RecursionError) as error:
        raise _not_json(data, error) from None
    return loads_body(data[:end]), data[end:]


def skip_space(text: str, at: int) -> int:
    """Return the place of the next character that is not white space."""
    space = _SPACE.match(text, at)
    return at if space is None else space.end()


def value_end(text: str, at: int) -> int:
    """Return where the JSON value that begins at ``at`` ends; ValueError or RecursionError if none does."""
    return _VALUES.raw_decode(text, at)[1]


def _not_json(data: bytes, why: object) -> ProtocolError:
    return protocol_error("BODY_NOT_JSON", f"got {len(data)} bytes that are not JSON ({why})")

"""Strict JSON, and bodies of nearly strict JSON, as :mod:`sparkmon.json_bytes` reads them.

Bodies may have ``NaN``, ``Infinity`` and ``-Infinity``: Python's ``json``, Triton and TorchServe write them.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from sparkmon import json_bytes
from sparkmon.errors import ProtocolError
from sparkmon.protocol.protocol_error import protocol_error

_LITERAL = re.compile(rb"NaN|Infinity")
_SPACE = re.compile(r"[ \t\n\r]*")
_VALUES = json.JSONDecoder()


def loads(data: bytes) -> Any:  # noqa: ANN401 - JSON is any of its six types
    """Read strict JSON; the ProtocolError ``BODY_NOT_JSON`` has the reader's own words for where it is not."""
    return _read(json_bytes.loads, data)


def loads_body(data: bytes) -> Any:  # noqa: ANN401
    """Read JSON as :func:`loads` does, or else more slowly, with ``NaN``, ``Infinity`` and ``-Infinity`` as numbers."""
    try:
        return loads(data)
    except ProtocolError:
        if _LITERAL.search(data) is None:
            raise
    return _read(json_bytes.loads_with_literals, data)


def _read(reader: Callable[[bytes], Any], data: bytes) -> Any:  # noqa: ANN401
    try:
        return reader(data)
    except ValueError as error:
        raise _not_json(data, error) from None


def load_each(texts: Iterable[bytes]) -> list[Any]:
    """Read many texts; what is not strict JSON is None."""
    values: list[Any] = []
    pending = json_bytes.loads_many(texts)
    while True:
        try:
            # What was read before a text that is not JSON stays in the list, and the iterator is beyond that text.
            values.extend(pending)
        except ValueError:
            values.append(None)
        else:
            return values


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

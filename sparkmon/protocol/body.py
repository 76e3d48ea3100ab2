"""What one body says, flat and ready for bulk work: the form between the parsers and their two callers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sparkmon.protocol.limits import Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import DeadLetter, Half, Value


@dataclass(slots=True, eq=False)
class Rows:
    """A table of scalars: ``count`` rows of ``len(names)`` values, row-major in ``values``."""

    names: tuple[str, ...]
    named: bool
    count: int
    values: Sequence[Value]


NO_ROWS = Rows((), False, 0, ())


@dataclass(slots=True)
class Body:
    """The kind of a body, its rows, and why it could not be read where it could not."""

    kind: str
    rows: Rows = NO_ROWS
    model_version: str | None = None
    body_id: str | None = None
    dead_letter: DeadLetter | None = None
    entities: Rows = NO_ROWS
    """Of an enriched request: the entity ids of each instance."""
    row_flags: Rows = NO_ROWS
    """Of an enriched request: each instance's entity ids and flags."""
    size: int = 0
    """Bytes of the body once opened: what it cost to read."""


@lru_cache(maxsize=512)
def made_names(half: Half, width: int) -> tuple[str, ...]:
    """Make the column names of a payload that carries none.

    Examples
    --------
    >>> made_names("request", 2), made_names("response", 2), made_names("response", 1)
    (('feature_0', 'feature_1'), ('prediction_0', 'prediction_1'), ('prediction',))
    """
    if half == "request":
        return tuple(f"feature_{i}" for i in range(width))
    if width == 1:
        return ("prediction",)
    return tuple(f"prediction_{i}" for i in range(width))


def text_member(body: Mapping[str, object], key: str) -> str | None:
    """Return a member of a body that is a text and not empty."""
    value = body.get(key)
    return value if type(value) is str and value else None


def check_items(data: bytes, limits: Limits) -> None:
    """Raise ProtocolError ``TOO_MANY_VALUES`` for JSON that would take many times its bytes as objects.

    An empty list is three bytes of text and some sixty of memory, so items are counted before they are made.
    """
    if len(data) <= limits.values:
        return
    items = data.count(b",") + data.count(b"[") + data.count(b"{")
    if items > 2 * limits.values:
        raise protocol_error(
            "TOO_MANY_VALUES", f"got JSON of {items} items; Limits.values is {limits.values}"
        )


def check_shape(count: int, width: int, limits: Limits) -> None:
    """Raise ProtocolError when a table has more rows, columns or values than ``limits`` allow."""
    if count > limits.rows:
        raise protocol_error(
            "TOO_MANY_ROWS", f"got {count} instances; Limits.rows is {limits.rows}"
        )
    if width > limits.columns:
        raise protocol_error(
            "TOO_MANY_COLUMNS", f"got {width} columns; Limits.columns is {limits.columns}"
        )
    if count * width > limits.values:
        raise protocol_error(
            "TOO_MANY_VALUES", f"got {count} x {width} values; Limits.values is {limits.values}"
        )


def check_text(texts: Sequence[str], limits: Limits, what: str = "a string value") -> None:
    """Raise ProtocolError ``VALUE_TOO_LONG`` when a text has more bytes of UTF-8 than ``limits`` allow."""
    longest = max(map(len, texts), default=0)
    if longest * 4 <= limits.text_bytes:
        return
    size = max(len(text.encode()) for text in texts)
    if size > limits.text_bytes:
        raise protocol_error(
            "VALUE_TOO_LONG",
            f"got {what} of {size} bytes; Limits.text_bytes is {limits.text_bytes}",
        )

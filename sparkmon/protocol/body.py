"""What bodies say, flat and ready for bulk work: the form between the readers of the protocols and their callers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.protocol.limits import Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import DeadLetter, Half, Value

Values: TypeAlias = list[Value] | npt.NDArray[Any]
"""What JSON has, or the array of a binary tensor."""


@dataclass(slots=True, eq=False)
class Rows:
    """A table of scalars, row-major: of one body, or of several below each other."""

    names: tuple[str, ...]
    named: bool
    """Whether the payload carries the names."""
    counts: list[int]
    """By body, how many rows it has."""
    values: Values
    numbers: Any = None
    """The values as an array of doubles, where the reader found that they are numbers, truth values and nulls."""
    plain: Any = None
    """Else the columns of which it found so, as :func:`sparkmon.protocol.cells.plain_of` has them."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(self.counts)

    def listed(self) -> list[Value]:
        """Return the values as Python has them."""
        values: list[Value] = self.values.tolist() if isinstance(self.values, np.ndarray) else self.values
        return values

    def between(self, start: int, end: int) -> "Rows":
        """Return some rows of one body."""
        width = len(self.names)
        return Rows(self.names, self.named, [end - start], self.values[start * width : end * width])


NO_ROWS = Rows((), False, [0], [])


@dataclass(slots=True)
class Body:
    """What one body says, or several of one layout; and why one could not be read where it could not."""

    kind: str
    rows: Rows = NO_ROWS
    versions: list[str | None] | None = None
    """By body, the version of its model; None if no body has one."""
    ids: list[str | None] | None = None
    dead_letter: DeadLetter | None = None
    entities: Rows = NO_ROWS
    """Of one enriched request: the entity ids of each instance."""
    row_flags: Rows = NO_ROWS
    """Of one enriched request: the flags of each instance."""
    size: int = 0
    """Bytes of one body once opened: what it cost to read."""


@lru_cache(maxsize=512)
def made_names(half: Half, width: int) -> tuple[str, ...]:
    """Make the column names of a payload that carries none: ``feature_0``, ``prediction_0``, or ``prediction``."""
    if half == "request":
        return tuple(f"feature_{i}" for i in range(width))
    if width == 1:
        return ("prediction",)
    return tuple(f"prediction_{i}" for i in range(width))


def text_members(bodies: Sequence[Mapping[str, Any]], key: str) -> list[str | None] | None:
    """Return a member of each body that is a text and not empty; None if the first body has no such member."""
    if key not in bodies[0]:
        return None
    values = [body[key] for body in bodies]
    return [value if type(value) is str and value else None for value in values]


def check_size(payload: bytes, limits: Limits) -> None:
    """Raise ProtocolError ``EVENT_TOO_LARGE`` for an event of more bytes than ``limits`` allow."""
    if len(payload) > limits.payload_bytes:
        raise protocol_error(
            "EVENT_TOO_LARGE", f"got an event of {len(payload)} bytes; Limits.payload_bytes is {limits.payload_bytes}"
        )


def check_items(data: bytes, limits: Limits) -> None:
    """Raise ProtocolError ``TOO_MANY_VALUES`` for JSON that would take many times its bytes as objects.

    An empty list is three bytes of text and some sixty of memory, so items are counted before they are made.
    """
    if len(data) <= limits.values:
        return
    items = data.count(b",") + data.count(b"[") + data.count(b"{")
    if items > 2 * limits.values:
        raise protocol_error("TOO_MANY_VALUES", f"got JSON of {items} items; Limits.values is {limits.values}")


def check_shape(count: int, width: int, limits: Limits) -> None:
    """Raise ProtocolError when a table has more rows, columns or values than ``limits`` allow."""
    if count > limits.rows:
        raise protocol_error("TOO_MANY_ROWS", f"got {count} instances; Limits.rows is {limits.rows}")
    if width > limits.columns:
        raise protocol_error("TOO_MANY_COLUMNS", f"got {width} columns; Limits.columns is {limits.columns}")
    if count * width > limits.values:
        raise protocol_error("TOO_MANY_VALUES", f"got {count} x {width} values; Limits.values is {limits.values}")


def check_text(texts: Sequence[str], limits: Limits, what: str = "a string value") -> None:
    """Raise ProtocolError ``VALUE_TOO_LONG`` when a text has more bytes of UTF-8 than ``limits`` allow."""
    longest = max(map(len, texts), default=0)
    if longest * 4 <= limits.text_bytes:
        return
    size = max(len(text.encode()) for text in texts)
    if size > limits.text_bytes:
        raise protocol_error("VALUE_TOO_LONG", f"got {what} of {size} bytes; Limits.text_bytes is {limits.text_bytes}")


def check_names(names: Sequence[str], count: int, limits: Limits) -> None:
    """Raise ProtocolError when names are too long, each or in ``count`` rows together."""
    check_text(names, limits, "a column name")
    check_room(count * sum(map(len, names)), limits.decompressed_bytes)


def check_room(size: int, room: int) -> None:
    """Raise ProtocolError when names take far more room than the values under them."""
    if size > room:
        raise protocol_error("TOO_MANY_VALUES", "got column names too long for so many values; shorten them")


MAX_DEPTH = 32
"""The most levels of lists or objects one value may have; no array type has more."""


def flatten(value: list[Any]) -> tuple[tuple[int, ...], list[Value]]:
    """Flatten a nested list to its shape and its scalars, level by level, so that depth costs no stack."""
    shape = [len(value)]
    level = value
    while True:
        types = set(map(type, level))
        if dict in types:
            raise protocol_error("INSTANCE_MALFORMED", "got an object inside a list; expected scalars or lists")
        if list not in types:
            return tuple(shape), level
        lengths = set(map(len, level)) if len(types) == 1 else set()
        if len(lengths) != 1:
            raise protocol_error("ROWS_RAGGED", "got nested lists of different lengths; expected a full array")
        if len(shape) == MAX_DEPTH:
            raise protocol_error("VALUE_TOO_DEEP", f"got a value nested deeper than {MAX_DEPTH} levels")
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))

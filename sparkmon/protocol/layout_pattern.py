"""Bodies that differ in their values alone: the text of one, with a hole for each value, is a pattern for the others.

Names, shapes and datatypes are most of what a body with a tensor for each column says, and a client says the same each
time. A body that matches has these words byte for byte, so it says what the first one does of other values, and only
its values are parsed, those of many bodies as one JSON text. Which holes are values, and which value of which column,
is not guessed: the reader of single bodies reads the text with each hole's number in it, and shows where it went.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from sparkmon import json_bytes
from sparkmon.protocol.bodies import Parsed, read_one
from sparkmon.protocol.body import Body, Rows
from sparkmon.protocol.limits import Limits
from sparkmon.records import Half, Value

_LONGEST = 2**13
_LEAST_WORDS = 0.5
"""Of a text, the part that is the same each time; with less, there is too little to win."""

_SHAPE = rb'"shape"\s*:\s*\[[^\]]*\]'
_WORD = rb'"(?:name|datatype)"\s*:\s*"(?:[^"\\]|\\.)*"'
_KEY = rb'"(?:[^"\\]|\\.)*"\s*:'
_TEXT = rb'"(?P<text>[^"\\\x00-\x1f]*)"'
_NUMBER = rb"(?P<number>-?[0-9][-+.0-9eE]*)"
_OTHER = rb'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(b"|".join((_SHAPE, _WORD, _KEY, _TEXT, _OTHER, _NUMBER)))
"""Of JSON each text is one token: what stands in a text with escapes is not looked at, which would take the square of
its length."""
_FILLINGS = {"text": rb'([^"\\\x00-\x1f]*)', "number": rb"([-+.0-9eE]+)"}
"""What may stand in a hole: in a text nothing that ends or escapes it, in a number nothing that another begins with."""


class _Hole(NamedTuple):
    kind: str
    start: int
    end: int


class LayoutPattern:
    """The text of one body, with a hole for each of its values, and one for its id if it has one."""

    def __init__(self, text: bytes, holes: Sequence[_Hole], body: Body, id_at: int | None, longest: int) -> None:
        self._body, self._id_at, self._longest = body, id_at, longest
        self._kinds = [hole.kind for at, hole in enumerate(holes) if at != id_at]
        # A tensor's datatype says what its values are, and the reader has seen to it.
        self._types = [type(value) if body.kind.startswith("v2") else None for value in body.rows.listed()]
        pattern, at = b"", 0
        for kind, start, end in holes:
            pattern += re.escape(text[at:start]) + _FILLINGS[kind]
            at = end
        self._match = re.compile(pattern + re.escape(text[at:])).fullmatch

    @classmethod
    def of(cls, text: bytes, half: Half, limits: Limits) -> "LayoutPattern | None":
        """Make the pattern of a body.

        None where there is none: a null or a truth value is among its values, or a text with an escape; its values do
        not stand row after row; there are few words beside them; it is long, or malformed.
        """
        longest = limits.text_bytes // 2  # no text in it can be too long, neither as it is nor as base64
        if len(text) > min(_LONGEST, longest) or not _read_marked(text, (), half, limits).rows.count:
            return None
        tokens = [(token.lastgroup, token) for token in _TOKEN.finditer(text)]
        holes = [_Hole(kind, *token.span(kind)) for kind, token in tokens if kind is not None]
        if not _has_words(text, holes):
            return None
        first = _read_marked(text, holes, half, limits)
        # A text or number that is neither a value nor the id is the same each time, or else another pattern.
        marks_in_it = {*first.rows.listed(), *(first.ids or ())}
        holes = [hole for at, hole in enumerate(holes) if _mark(at, hole) in marks_in_it]
        body = _read_marked(text, holes, half, limits)
        marks = [_mark(at, hole) for at, hole in enumerate(holes)]
        id_at = marks.index(body.ids[0]) if body.ids and body.ids[0] in marks else None
        if id_at is not None:
            del marks[id_at]
        values = body.rows.listed()
        if not values or values != marks or bool in map(type, values):
            return None
        return cls(text, holes, body, id_at, longest)

    def read(self, texts: Sequence[bytes]) -> tuple[list[int], Body | None]:
        """Read those of many bodies that match.

        Returns their indexes, and what they say; None if there are none, or one of them only looks like it, with two
        points in a number, say: then they are to be read another way.
        """
        matches = list(map(self._match, texts))
        places = [at for at, match in enumerate(matches) if match is not None]
        filled = list(chain.from_iterable([match.groups() for match in matches if match is not None]))
        sizes = [len(texts[at]) for at in places]
        if not places or max(sizes) > self._longest:
            return places, None
        body, count = self._body, len(places)
        ids: list[str | None] | None = None
        try:
            if self._id_at is not None:
                width = len(self._kinds) + 1
                ids = [text or None for text in _texts(filled[self._id_at :: width])]
                del filled[self._id_at :: width]
            values = self._values(filled)
        except ValueError:
            return places, None
        if values is None:
            return places, None
        rows = Rows(body.rows.names, body.rows.named, body.rows.counts * count, values)
        versions = body.versions and body.versions * count
        return places, replace(body, rows=rows, ids=ids, versions=versions, size=sum(sizes))

    def _values(self, filled: list[bytes]) -> list[Value] | None:
        """Parse what fills holes, body by body; None if one has not the type that it must have."""
        types = set(self._types)
        if len(types) == 1 and "text" not in self._kinds:
            return _of_type(types.pop(), _numbers(filled))
        width = len(self._kinds)
        columns: list[list[Any]] = []
        for at, (kind, python_type) in enumerate(zip(self._kinds, self._types, strict=True)):
            column = filled[at::width]
            values = _texts(column) if kind == "text" else _of_type(python_type, _numbers(column))
            if values is None:
                return None
            columns.append(values)
        return list(chain.from_iterable(zip(*columns, strict=True)))


def _read_marked(text: bytes, holes: Sequence[_Hole], half: Half, limits: Limits) -> Body:
    """Read a body whose holes have their numbers in them; one without rows if it cannot be read."""
    parts, at = [], 0
    for index, (_, start, end) in enumerate(holes):
        parts += [text[at:start], b"%d" % index]
        at = end
    try:
        marked = json_bytes.loads(b"".join([*parts, text[at:]]))
    except ValueError:
        return Body("dead_letter")
    return read_one(Parsed(half, [marked], None, [len(text)]), limits)


def _has_words(text: bytes, holes: Sequence[_Hole]) -> bool:
    return sum(hole.end - hole.start for hole in holes) <= (1 - _LEAST_WORDS) * len(text)


def _mark(at: int, hole: _Hole) -> Value:
    return str(at) if hole.kind == "text" else at


def _numbers(texts: list[bytes]) -> list[Any]:
    """Parse numbers; ValueError if a text is none. None of them has a comma, so each is one number."""
    values: list[Any] = json_bytes.loads(b"[" + b",".join(texts) + b"]")
    return values


def _texts(texts: list[bytes]) -> list[str]:
    """Decode texts without control characters; ValueError if one is not UTF-8."""
    return b"\n".join(texts).decode().split("\n")


def _of_type(python_type: type | None, numbers: list[Any]) -> list[Any] | None:
    """Return numbers as a tensor has them; None if they are no integers where it has these."""
    types = {float} if python_type is None else set(map(type, numbers))
    if python_type is float and int in types:
        return list(map(float, numbers))
    return numbers if python_type is None or types <= {python_type} else None

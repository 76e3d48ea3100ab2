"""Expressions of slices: each is read to a tree, the same each time, and has a value for each row; or it is refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from fuzz.target import Target
from sparkmon.errors import OptionError
from sparkmon.protocol.row_block import Cells
from sparkmon.records import FeatureKind
from sparkmon.slicing import Evaluation
from sparkmon.slicing.functions import FUNCTIONS
from sparkmon.slicing.parts import Part
from sparkmon.slicing.slices import parse_slice

__all__ = ["TARGET"]

_KINDS: dict[str, FeatureKind] = {
    "distance": "numeric",
    "air.time": "numeric",
    "origin": "categorical",
    "day": "categorical",
    # Words that open a clause in SQL.
    **dict.fromkeys(("at", "escape", "interval", "over"), "numeric"),
    **dict.fromkeys(("any", "date", "distinct", "filter", "select", "zone"), "categorical"),
}
_ROWS = 4
_OPERATORS = (
    *("=", "!=", "<", "<=", ">", ">=", "<=>", "and", "or", "not", "is null", "case", "like"),
    *("+", "-", "*", "/", "%", "negative", "to text", "to number"),
)
_KNOWN = frozenset(FUNCTIONS) | set(_OPERATORS)


def one_input(data: bytes) -> None:
    """Read it; a tree has only features, literals, and what is on the lists."""
    text = data.decode("utf-8", "replace")
    try:
        part = parse_slice(text, _KINDS)
    except OptionError as error:
        assert len(str(error)) < 2000
        return
    assert parse_slice(text, _KINDS) == part
    _check(part)
    values = Evaluation(_cells(data)).texts(part)
    values.validate(full=True)
    assert len(values) == _ROWS
    assert Evaluation(_cells(data)).texts(part).equals(values)


def _cells(data: bytes) -> Cells:
    """Make rows of the input itself: its bytes as numbers, and its pieces as texts."""
    size = _ROWS * len(_KINDS)
    bits = np.frombuffer((data + bytes(8)) * (8 * size // len(data) + 1), np.float64, size)
    numbers = bits.reshape(_ROWS, len(_KINDS))
    has_number = np.arange(size).reshape(numbers.shape) % 3 > 0
    pieces = data.decode("utf-8", "replace").split(" ")
    texts = [None if at % 5 == 4 else pieces[at % len(pieces)] for at in range(size)]
    columns = {place: pa.array(texts[place :: len(_KINDS)], pa.string()) for place in range(1, len(_KINDS))}
    return Cells(tuple(_KINDS), np.where(has_number, numbers, np.nan), has_number, columns)


def _check(part: Part) -> None:
    if part.kind == "feature":
        assert part.name in _KINDS
    elif part.kind == "call":
        assert part.name in _KNOWN, part.name
    for argument in part.arguments:
        _check(argument)


def seeds() -> Iterator[bytes]:
    """Give expressions of every form, and some that reach for more."""
    yield from (
        b"origin",
        b"distance > 1000",
        b"`air.time` / distance < 0.5 AND NOT origin IN ('JFK', 'LGA')",
        b"origin LIKE 'J%' OR distance BETWEEN 100 AND 2e3",
        b"CASE WHEN distance IS NULL THEN 'none' WHEN distance > 5 THEN origin ELSE 'x' END",
        b"CASE origin WHEN 'JFK' THEN 1 ELSE 2 END",
        b"CAST(distance AS STRING)",
        b"hour(day) % 12 + month(distance)",
        b"coalesce(nullif(origin, 'x'), concat(left(origin, 2), 'y')) = substring(day, 1, 3)",
        b"if(isnan(distance), 0, round(-distance, 2)) <=> NULL",
        b"greatest(distance, `air.time`) IS NOT TRUE",
        b"java_method('java.lang.System', 'exit', 1)",
        b"distance; DROP TABLE x --",
        b"(SELECT 1)",
        b"distance IS DISTINCT FROM any",
        b"origin LIKE 'J%' escape 'x' OR date AT TIME zone 'UTC'",
        b"abs(distance) filter (select) over (distance)",
        b"distance" + b" + 1" * 50,
        b"(" * 30 + b"distance" + b")" * 30,
    )


TARGET = Target(
    one_input,
    seeds,
    (
        *(b" AND ", b" OR ", b" NOT ", b" IN (", b" BETWEEN ", b" LIKE ", b" IS NULL", b"CASE "),
        *(b" WHEN ", b" THEN ", b" ELSE ", b" END", b"CAST(", b" AS DOUBLE)", b" AS STRING)"),
        *(b"distance", b"origin", b"`air.time`", b"'", b"/*", b"--", b"\\'", b"''"),
        *(name.encode() + b"(" for name in FUNCTIONS),
    ),
    longest=400,
)

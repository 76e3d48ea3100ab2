"""The pass over events of a model whose columns have kinds: canonical values, and the panes made of them.

The first byte turns the kinds round; a separator divides bodies. The bodies are read as requests, together and twice.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from fuzz.checks import LIMITS
from fuzz.target import Target
from sparkmon.ingest import OUTPUT, Ingest, _Task
from sparkmon.panes import PaneBuilder
from sparkmon.protocol import LEVEL_KINDS, Cells, decode_events, events_to_batch
from sparkmon.records import Feature, FeatureKind, ModelSchema
from tests.protocol.events import event

__all__ = ["TARGET"]

_KINDS: tuple[FeatureKind, ...] = ("categorical", "boolean", "time", "numeric")
_NAMES = ("a", "b", "c", "d")
_SEPARATOR, _MOST = b"\x1e", 4
_TRUTHS = {"0", "1", "True", "TRUE", "False", "FALSE"}
_EXACT = 2**53


def one_input(data: bytes) -> None:
    """Read the bodies as a task does; levels and times have one form, in JSON and in tensors."""
    turn = data[0] % 4 if data else 0
    kinds = _KINDS[turn:] + _KINDS[:turn]
    schema = ModelSchema("iris", tuple(map(Feature, _NAMES, kinds)))
    bodies = data[1:].split(_SEPARATOR)[:_MOST]
    batch = events_to_batch([event(body, event_id=str(at)) for at, body in enumerate(bodies)])
    if zlib.crc32(data) % 8 == 0:  # it takes several times as long
        panes = _panes(schema, batch)
        assert panes.equals(_panes(schema, batch))
    for decoded in decode_events(batch, {"iris": schema}, LIMITS):
        decoded.rows().validate(full=True)
        for block in decoded.blocks:
            if block.features is not None:
                _check(block.features, schema)
    for body in bodies:
        _check_tensors(body, schema)


def _panes(schema: ModelSchema, batch: pa.RecordBatch) -> pa.Table:
    task = _Task(Ingest(lambda: PaneBuilder(3_600_000_000), {"iris": schema}), {}, None)
    output = pa.Table.from_batches([*task.read(batch), *task.summary()], OUTPUT)
    output.validate(full=True)
    return output


def _check(cells: Cells, schema: ModelSchema) -> None:
    kinds = {feature.name: feature.kind for feature in schema.features}
    for at, name in enumerate(cells.names):
        texts = set(cells.texts[at].to_pylist()) if at in cells.texts else set()
        numbers = cells.numbers[cells.is_number()[:, at], at].tolist()
        if kinds.get(name) in LEVEL_KINDS:
            assert not any(map(math.isfinite, numbers))
        if kinds.get(name) == "boolean":
            assert texts.isdisjoint(_TRUTHS)


def _check_tensors(body: bytes, schema: ModelSchema) -> None:
    """Send lists of plain numbers as tensors, too: the rows are the same."""
    try:
        rows = json.loads(body)["instances"]
        plain = [[_plain(value) for value in row] for row in rows]
        sound = 0 < len(plain) <= 50 and all(len(row) == len(_NAMES) for row in plain)
    except (ValueError, TypeError, LookupError, RecursionError):
        return
    if sound:
        columns = zip(_NAMES, zip(*plain, strict=True), strict=True)
        tensors = [
            {"name": name, "shape": [len(plain), 1], "datatype": "FP64", "data": column} for name, column in columns
        ]
        of_tensors = _features(json.dumps({"inputs": tensors}).encode(), schema)
        of_lists = _features(json.dumps({"instances": plain}).encode(), schema)
        assert of_tensors == of_lists


def _plain(value: object) -> float | int:
    if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > _EXACT:  # type: ignore[arg-type]
        raise TypeError
    return value  # type: ignore[return-value]


def _features(body: bytes, schema: ModelSchema) -> str:
    rows: list[Any] = []
    for decoded in decode_events(events_to_batch([event(body)]), {"iris": schema}, LIMITS):
        rows += decoded.rows().column("features").to_pylist()
    return repr(rows)


_VALUES = (
    *(b"0", b"1", b"2.0", b"true", b"false", b"null", b'"true"', b'"TRUE"', b'"0"', b'"007"', b"1e7", b"0.1"),
    *(b"NaN", b"-Infinity", b"9007199254740993", b"18446744073709551616", b"-0.0", b"1e300", b"5e-324"),
    *(b'"2026-01-05"', b'"2026-01-05T13:00:00+01:00"', b'"2026-01-05 13:00:00"', b'"20260105"', b'"9999-12-31T23:59Z"'),
    *(b"1767614400", b"1767614400000", b"1767614400000000", b'"soon"', b'"\\ud800"', b'"0001-01-01T00:00:00Z"'),
)


def seeds() -> Iterator[bytes]:
    """Give bodies of one value in every place, and of different ones, alone and together."""
    for turn in range(4):
        bodies = []
        for at in range(len(_VALUES)):
            row = b", ".join(_VALUES[(at + step) % len(_VALUES)] for step in range(4))
            bodies.append(b'{"instances": [[%s], [%s]]}' % (row, b", ".join([_VALUES[at]] * 4)))
        yield from (bytes([turn]) + body for body in bodies)
        yield bytes([turn]) + _SEPARATOR.join(bodies[:3])
    yield b'\0{"instances": [{"a": 1, "b": true, "c": 0, "d": "x"}, {"a": "1", "e": [1]}]}'
    yield b'\1{"inputs": [{"name": "a", "shape": [2], "datatype": "BOOL", "data": [true, false]}]}'
    yield b'\2{"inputs": [{"name": "a", "shape": [1], "datatype": "BYTES", "data": ["true"]}]}'
    yield b'\3{"inputs": {"a": [1, 2], "b": ["x", null]}}'


TARGET = Target(
    one_input,
    seeds,
    (
        *(b'{"instances": [[', b'{"inputs": [', b'"name": "a"', b'"datatype": "FP32"', b'"datatype": "UINT64"'),
        *(b'"a": ', b'"b": ', b'"c": ', b'"d": ', b"T00:00:00Z", b"+23:59", _SEPARATOR, *_VALUES),
    ),
    longest=2000,
)

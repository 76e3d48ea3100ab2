"""Stored objects of KServe's logger: JSON, CSV and Parquet. The first byte says which name the object has."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.checks import LIMITS, check_events
from fuzz.target import Target
from sparkmon.protocol import from_object
from tests.protocol.events import NOON
from tests.support.receiver import CAPTURES

__all__ = ["TARGET"]

_NAMES = ("a.json", "a.csv", "a.parquet", "a")


def one_input(data: bytes) -> None:
    """Read an object twice: the same events both times."""
    name, body = _NAMES[data[0] % 4 if data else 3], data[1:]
    events = from_object(body, name, NOON, limits=LIMITS)
    assert from_object(body, name, NOON, limits=LIMITS) == events
    assert len(events) <= LIMITS.rows
    check_events(events)


def seeds() -> Iterator[bytes]:
    """Give the captured objects, by their name and without one."""
    for path in sorted((CAPTURES / "store").rglob("*-re*.*")):
        data = path.read_bytes()
        if len(data) < 16_000:
            yield bytes([_NAMES.index(f"a{path.suffix}")]) + data
            yield b"\3" + data


TARGET = Target(
    one_input,
    seeds,
    (
        *(b'"reqType":', b'"bytes":', b'"sourceUri":', b'"contentType":', b'"occurrenceTime":'),
        *(b'"inferenceService":', b'"metadata":', b'{"Scheme":', b"PAR1", b'""', b"\r\n", b"id,"),
    ),
)

"""A batch of structured CloudEvents, as ``sparkmon receive`` takes it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from fuzz.checks import CONDITIONS, LIMITS, check_events
from fuzz.target import Target
from fuzz.targets import structured
from sparkmon.errors import ProtocolError
from sparkmon.protocol import from_structured, from_structured_batch

__all__ = ["TARGET"]


def one_input(data: bytes) -> None:
    """Read it: refused as a whole, or each event as it would be read alone."""
    try:
        events = from_structured_batch(data, limits=LIMITS)
    except ProtocolError as error:
        assert error.condition in CONDITIONS
        assert str(error).isprintable()
        return
    assert len(events) <= LIMITS.batch_events
    check_events(events)
    alone = from_structured_batch(b"[" + data.strip(b" \t\r\n")[1:-1] + b"]", limits=LIMITS)
    assert alone == events
    if len(events) == 1:
        inner = data.strip(b" \t\r\n")[1:-1].strip(b" \t\r\n")
        assert from_structured(inner, limits=LIMITS) == events[0]


def seeds() -> Iterator[bytes]:
    """Give batches of one to five."""
    every = structured.seeds()
    for size in range(1, 6):
        for _ in range(4):
            yield b"[" + b",\n".join(islice(every, size)) + b"]"
    yield b"[]"
    yield b"[7, null]"


TARGET = Target(one_input, seeds, structured.WORDS)

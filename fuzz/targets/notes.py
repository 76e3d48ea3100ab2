"""What a query notes in a spool, and offsets of its checkpoint: a place between blocks, or nothing, or a refusal.

The first byte says how many segments there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from pyarrow import fs

from fuzz.target import Target
from sparkmon.errors import SpoolError
from sparkmon.logs.log import Offset
from sparkmon.logs.spool_notes import committed_place
from sparkmon.logs.spool_reader import SpoolLog, list_segments
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.protocol import events_to_batch
from tests.protocol.captures import all_events

__all__ = ["TARGET"]

_SEGMENTS = 4


@cache
def spool() -> SpoolWriter:
    """Make a spool for this process: its segments are the second to the fifth."""
    writer = SpoolWriter(Path(mkdtemp(prefix="sparkmon-fuzz-")), segment_bytes=1)
    for first in range(_SEGMENTS + 1):
        writer.append(events_to_batch(all_events()[first : first + 2]))
    (writer.path / "000000000000.spool").unlink()
    return writer


def one_input(data: bytes) -> None:
    """Leave it as a note, and go on from it as from an offset if it is one."""
    writer = spool()
    (writer.path / "fuzz.committed").write_bytes(data[1:])
    identities = {number: f"{number:016x}" for number in range(1, 2 + (data[0] if data else 0) % _SEGMENTS)}
    place = committed_place(writer.path, identities)
    assert place is not None
    assert place == (0, 0) or place[0] in identities
    assert 0 <= writer.unread_bytes() <= writer.size_bytes
    assert writer.room_bytes() >= 0
    log = SpoolLog(fs.LocalFileSystem(), str(writer.path))
    try:
        offset = json.loads(data[1:])
        start: Offset = {"segment": int(offset["segment"]), "position": max(0, int(offset["position"]))}
        if "identity" in offset:
            start["identity"] = str(offset["identity"])
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        return
    try:
        end = log.advance(start, None)
        parts = log.parts(start, end, 1)
    except SpoolError:
        return
    assert all(batch.num_rows for part in parts for batch in log.read(part))
    last = log.last()
    # A place past the end stays: a block was seen there, and cut off.
    assert (end["segment"], end["position"]) >= (last["segment"], last["position"])


def seeds() -> Iterator[bytes]:
    """Give the notes that a query leaves, of segments that are there and of others."""
    log = SpoolLog(fs.LocalFileSystem(), str(spool().path))
    for number in range(_SEGMENTS + 3):
        for position in (0, 1, 10**6):
            yield bytes([number]) + json.dumps({"segment": number, "position": position}).encode()
    for offset in (log.first(), log.last(), log.advance(log.first(), 1)):
        yield b"\3" + json.dumps(offset).encode()
    yield b'\1{"segment": 1, "position": 0, "identity": "0000000000000001"}'
    yield b'\1{"segment": 1e999, "position": -1}'
    yield b"\0" + list_segments(fs.LocalFileSystem(), str(spool().path))[1].encode()


TARGET = Target(one_input, seeds, (b'"segment": ', b'"position": ', b'"identity": ', b"1e999", b"NaN"), longest=1100)

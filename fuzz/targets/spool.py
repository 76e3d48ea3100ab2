"""Segments of a spool. Of an input that begins with 1 the checksums are put right, so that what they guard is read."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pyarrow as pa

from fuzz.target import Target
from sparkmon.errors import SpoolError
from sparkmon.logs.log import Offset
from sparkmon.logs.spool_block import HEADER_BYTES, encode_block
from sparkmon.logs.spool_reader import SpoolLog, segment_name
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.protocol import events_to_batch
from tests.protocol.captures import all_events

__all__ = ["TARGET"]

_FIELDS = struct.Struct("<4sHHQIIII")


@cache
def folder() -> Path:
    """Make a directory for this process."""
    return Path(mkdtemp(prefix="sparkmon-fuzz-"))


def one_input(data: bytes) -> None:
    """Read all of a segment: whole blocks in order, or a refusal."""
    segment = _with_checksums(data[1:]) if data[:1] == b"\1" else data[1:]
    (folder() / segment_name(0)).write_bytes(segment)
    log = SpoolLog(pa.fs.LocalFileSystem(), str(folder()))
    try:
        first, last = log.first(), log.last()
        one: Offset = log.advance(first, 1)
        assert log.earlier(one, last) == one
        parts = log.parts(first, last, 1000)
        batches = [batch for part in parts for batch in log.read(part)]
    except SpoolError as error:
        assert len(str(error)) < 1000
        return
    assert int(last["position"]) <= len(segment)
    for batch in batches:
        batch.validate(full=True)
    SpoolWriter(folder()).close()
    # A writer cuts off what no reader sees.
    assert log.last() == last


def _with_checksums(segment: bytes) -> bytes:
    """Put right what a block says of its own length and checksums."""
    if len(segment) < HEADER_BYTES:
        return segment
    fields = list(_FIELDS.unpack_from(segment))
    body = segment[HEADER_BYTES:]
    fields[0], fields[4], fields[7] = b"SPKM", len(body), zlib.crc32(body)
    head = _FIELDS.pack(*fields)
    return head + struct.pack("<I", zlib.crc32(head)) + body


def seeds() -> Iterator[bytes]:
    """Give blocks of captured events, one and several, whole and torn, and one that is compressed badly."""
    events = all_events()
    blocks = [encode_block(events_to_batch(events[n : n + 3]), n) for n in range(0, len(events), 3)]
    for number, block in enumerate(blocks):
        yield b"\0" + block
        yield b"\1" + block
        yield b"\0" + block + blocks[number - 1]
        yield b"\0" + block + blocks[number - 1][:-5]
        yield b"\0" + block[:-5]
    yield b"\0" + bytes(100)
    yield b"\0" + encode_block(events_to_batch([]))


TARGET = Target(one_input, seeds, (b"SPKM\2\0\0\0", b"\x28\xb5\x2f\xfd", b"\xff\xff\xff\xff"))

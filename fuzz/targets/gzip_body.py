"""Gzip: any bytes as a gzip body, and any body compressed, which must say what it says uncompressed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace

from fuzz.checks import LIMITS, check_events
from fuzz.target import Target
from sparkmon.errors import ProtocolError
from sparkmon.protocol.read_body import gunzip
from tests.protocol.captures import all_events
from tests.protocol.events import event
from tests.support.decoding import decode

__all__ = ["TARGET"]


def one_input(data: bytes) -> None:
    """Open it; what opens is what Python's own module makes of it."""
    try:
        opened = gunzip(data, LIMITS.decompressed_bytes)
    except ProtocolError as error:
        assert error.condition in ("BODY_GZIP_BROKEN", "BODY_TOO_LARGE")
    else:
        assert len(opened) <= LIMITS.decompressed_bytes
        assert opened == _opened(data)
    check_events([event(data)])
    if data[:2] == b"\x1f\x8b" or len(data) > LIMITS.payload_bytes // 2:
        return
    plain = decode(event(data), LIMITS)
    packed = decode(event(gzip.compress(data, 1)), LIMITS)
    # A NaN is no other's equal, but texts of them are.
    assert repr(packed) == repr(plain) or plain.dead_letter is not None
    assert replace(packed, dead_letter=None).kind == plain.kind


def _opened(data: bytes) -> bytes:
    out, opener = b"", zlib.decompressobj(31)
    while data:
        out += opener.decompress(data)
        data, opener = opener.unused_data, zlib.decompressobj(31)
    return out


def seeds() -> Iterator[bytes]:
    """Give captured bodies, compressed at all levels, once and twice, and as several members."""
    for number, each in enumerate(all_events()):
        packed = gzip.compress(each.payload, number % 10, mtime=0)
        yield packed
        yield each.payload
        if number % 5 == 0:
            yield packed + packed
            yield gzip.compress(packed, mtime=0)
            yield packed[:-3]


TARGET = Target(one_input, seeds, (b"\x1f\x8b\x08\x00", b"\x1f\x8b\x08\x1c", b'{"instances":[['))

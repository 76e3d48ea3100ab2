"""Blocks whose checksums are right and which are none of ours all the same; found by fuzzing."""

import struct
import zlib
from collections.abc import Callable

import pyarrow as pa
import pytest

from sparkmon.errors import SpoolError
from sparkmon.logs.spool_block import HEADER_BYTES, BlockHeader, decode_body, encode_block
from tests.support.spools import batch

RAW = batch(b"one", b"two").serialize().to_pybytes()


def block(raw: bytes, rows: int = 2, raw_bytes: int | None = None, **body: bytes) -> bytes:
    """Make a block around any message, with right checksums."""
    packed = body.get("packed") or pa.Codec("zstd").compress(raw, asbytes=True)
    size = len(raw) if raw_bytes is None else raw_bytes
    sizes = (len(packed), size, rows, zlib.crc32(packed))
    fields = struct.pack("<4sHHQIIII", b"SPKM", 2, 0, 2**63 + 7, *sizes)
    return fields + struct.pack("<I", zlib.crc32(fields)) + packed


def read(data: bytes) -> pa.RecordBatch:
    return decode_body(BlockHeader.parse(data, "byte 0"), data[HEADER_BYTES:], "byte 0")


def test_a_block_made_by_hand_is_the_one_that_is_written() -> None:
    assert block(RAW) == encode_block(batch(b"one", b"two"), 2**63 + 7)
    assert BlockHeader.parse(block(RAW), "byte 0").identity == "8000000000000007"
    assert read(block(RAW)).equals(batch(b"one", b"two"))


@pytest.mark.parametrize(
    "made",
    [
        lambda: block(RAW, packed=b"no zstd"),
        lambda: block(RAW[:-40]),
        lambda: block(b"\xff\xff\xff\xff" + RAW[4:8] + b"\xff" * (len(RAW) - 8)),
        lambda: block(RAW, rows=3),
        lambda: block(RAW, raw_bytes=2**32 - 1),
        lambda: block(RAW.replace(b"pod", b"\xff\xff\xff")),
        lambda: block(b""),
    ],
)
def test_what_sparkmon_does_not_write_is_refused(made: Callable[[], bytes]) -> None:
    with pytest.raises(SpoolError, match="right checksums and is none that sparkmon writes"):
        read(made())

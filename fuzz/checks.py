"""What holds of every event, whatever bytes it came from."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import pyarrow as pa

import sparkmon.protocol as protocol
from sparkmon.logs.spool_block import HEADER_BYTES, BlockHeader, decode_body, encode_block
from sparkmon.records import DeadLetter, Event
from tests.support.decoding import decode, decode_batch

__all__ = ["CONDITIONS", "LIMITS", "check_events", "check_letter"]

CONDITIONS = frozenset(re.findall(r"``([A-Z0-9_]+)``", protocol.__doc__ or "")) - {"DECODER_FAILED"}
"""The documented ones; a fault of the decoder itself is a finding."""

LIMITS = protocol.Limits(
    payload_bytes=12_000,
    decompressed_bytes=100_000,
    rows=200,
    columns=200,
    values=2_000,
    text_bytes=1_000,
    batch_events=20,
    headers=40,
    header_bytes=8_000,
)
"""Small, so that inputs of a few kilobytes reach them."""


def check_events(events: Sequence[Event]) -> None:
    """Check that events can be kept and decode to the same each time, alone and in a batch with others.

    That they come back from a block of a spool as they were, and that many of them decode as one does, is looked at
    for one input in eight: it takes ten times as long.
    """
    for event in events:
        check_letter(event.dead_letter)
    batch = protocol.events_to_batch(events)
    decoded = decode_batch(batch, None, LIMITS)
    if zlib.crc32(events[0].payload if events else b"") % 8 == 0:
        _check_kept(batch, decoded)
        _check_many(batch, decoded)
    said = [decode(event, LIMITS) for event in events]
    if not any(event.request_payload for event in events):
        rows = [max(len(one.rows), len(one.predictions), 1) for one in said]
        kinds = [one.kind for one, count in zip(said, rows, strict=True) for _ in range(count)]
        assert decoded.column("kind").to_pylist() == kinds
    if len(events) > 1:
        alone = [
            row for event in events for row in decode_batch(protocol.events_to_batch([event]), None, LIMITS).to_pylist()
        ]
        # As text: a NaN is no other's equal.
        assert repr(decoded.to_pylist()) == repr(alone)
    for one in said:
        check_letter(one.dead_letter)
        assert (one.kind == "dead_letter") == (one.dead_letter is not None)


def _check_kept(batch: pa.RecordBatch, decoded: pa.RecordBatch) -> None:
    block = encode_block(batch)
    header = BlockHeader.parse(block, "byte 0")
    kept = decode_body(header, block[HEADER_BYTES:], "byte 0")
    kept.validate(full=True)
    assert kept.equals(batch)
    decoded.validate(full=True)
    # Not equals(): a NaN is no other's equal.
    assert decode_batch(kept, None, LIMITS).serialize().equals(decoded.serialize())


def _check_many(batch: pa.RecordBatch, decoded: pa.RecordBatch) -> None:
    """Check that events of one layout, which are read at once, decode as each does."""
    events = pa.Table.from_batches([batch] * 6).combine_chunks().to_batches()
    rows = [row for each in events for row in decode_batch(each, None, LIMITS).to_pylist()]
    # Their text, as a NaN is no other's equal.
    assert repr(rows) == repr(decoded.to_pylist() * 6)


def check_letter(letter: DeadLetter | None) -> None:
    """Check that a dead letter has a documented condition, and a reason that fits on a line."""
    if letter is not None:
        assert letter.condition in CONDITIONS, letter
        assert len(letter.reason) <= 500
        assert letter.reason.isprintable(), ascii(letter.reason)

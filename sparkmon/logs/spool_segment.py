"""A segment as the one who writes the spool knows it, and what is done with those of an earlier writer."""

import os
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

from sparkmon.errors import SpoolError
from sparkmon.logs.spool_block import HEADER_BYTES, MAGIC, BlockHeader, identity_of, is_of_other_version


@dataclass(slots=True)
class Segment:
    """One file of a spool."""

    path: Path
    identity: str
    """Empty as long as it has no block."""
    size: int
    append_time: float
    """Of the last block, by a clock that nobody sets."""


def closed_segment(file: Path) -> Segment:
    """Return a segment that an earlier writer has left."""
    status = file.stat()
    with file.open("rb") as opened:
        identity = identity_of(opened.read(HEADER_BYTES))
    return Segment(file, identity, status.st_size, time.monotonic() - max(0.0, time.time() - status.st_mtime))


def cut_torn_tail(path: Path) -> None:
    """Cut off the end of a segment that is no whole block: its append never returned."""
    data = path.read_bytes()
    good = 0
    while (end := _whole_block(data, good)) is not None:
        good = end
    if good == len(data) or is_of_other_version(data[good : good + HEADER_BYTES]):
        return
    after = good
    while (after := data.find(MAGIC, after + 1)) >= 0:
        if _whole_block(data, after) is not None:
            return  # Not a torn tail but damage before acknowledged blocks: readers will name it.
    with path.open("r+b") as file:
        file.truncate(good)
        os.fsync(file.fileno())


def _whole_block(data: bytes, start: int) -> int | None:
    head = data[start : start + HEADER_BYTES]
    if len(head) < HEADER_BYTES:
        return None
    try:
        header = BlockHeader.parse(head, "")
    except SpoolError:
        return None
    end = start + header.block_bytes
    body = data[start + HEADER_BYTES : end]
    whole = len(body) == header.stored_bytes and zlib.crc32(body) == header.checksum
    return end if whole else None

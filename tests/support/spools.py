"""Spools for tests: events by their bodies, and reading all of them back."""

from datetime import datetime, timezone
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from sparkmon.logs.log import Offset
from sparkmon.logs.spool_reader import SpoolLog
from sparkmon.protocol.schema import EVENTS

__all__ = ["START", "batch", "log", "read_all", "read_between", "segments"]

START: Offset = {"segment": 0, "position": 0}


def batch(*payloads: bytes) -> pa.RecordBatch:
    """Make events whose bodies are ``payloads``; the body in hex is the event's id, too."""
    time = datetime(2026, 11, 23, 0, 36, 6, 741913, timezone.utc)
    rows = [
        {
            "event_id": payload.hex(),
            "event_type": "request",
            "source": "pod",
            "event_time": time,
            "model": "iris",
            "namespace": "demo",
            "component": "predictor",
            "endpoint": "",
            "metadata": [("X-Request-Id", ["rq-1", "rq-2"])],
            "annotations": [],
            "payload": payload,
        }
        for payload in payloads
    ]
    return pa.RecordBatch.from_pylist(rows, schema=EVENTS)


def log(path: Path) -> SpoolLog:
    """Open a spool on local disk for reading."""
    return SpoolLog(fs.LocalFileSystem(), str(path))


def read_between(path: Path, start: Offset, end: Offset, part_bytes: int = 1 << 40) -> list[bytes]:
    """Read every payload between two places, in the order of reading."""
    spool = log(path)
    batches = [found for part in spool.parts(start, end, part_bytes) for found in spool.read(part)]
    return [row["payload"] for found in batches for row in found.to_pylist()]


def read_all(path: Path, part_bytes: int = 1 << 40) -> list[bytes]:
    """Read every payload of the spool, in the order of reading."""
    return read_between(path, log(path).first(), log(path).last(), part_bytes)


def segments(path: Path) -> list[str]:
    """List the names of the spool's segments."""
    return sorted(file.name for file in path.glob("*.spool"))

"""Hopsworks' inference log: plain Avro records of four versions. The first byte says which is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.checks import LIMITS, check_events
from fuzz.target import Target
from sparkmon.protocol import from_hopsworks_avro
from sparkmon.protocol.hopsworks_avro import SchemaVersion
from tests.support.hopsworks_log import log_record

__all__ = ["TARGET"]

_VERSIONS: tuple[SchemaVersion | None, ...] = (None, 1, 2, 3, 4)


def one_input(data: bytes) -> None:
    """Read a record twice: the same events both times, one or two of them."""
    version, value = _VERSIONS[data[0] % 5 if data else 0], data[1:]
    events = from_hopsworks_avro(value, position="t/0/1", schema_version=version, limits=LIMITS)
    again = from_hopsworks_avro(value, position="t/0/1", schema_version=version, limits=LIMITS)
    assert again == events
    assert 1 <= len(events) <= 2
    check_events(events)


def seeds() -> Iterator[bytes]:
    """Give a record of each version, named and unnamed."""
    for version in (1, 2, 3, 4):
        for asked in (0, version):
            yield bytes([asked]) + log_record(version)
    yield b"\4" + log_record(4, messageType="response", payload='{"predictions": [1]}')
    yield b"\0" + log_record(1, responseHttpCode=500, requestTimestamp=1767571200)


TARGET = Target(one_input, seeds, (b"\x0erequest", b"\x10response", b'{"instances":', b"\xff\xff\xff\xff\x0f"))

"""Requests whose bodies come in pieces, stall and break off: what room they take is counted, and given back.

An input is a row of steps of two bytes: which of the requests, and what comes next of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from fuzz.target import Target
from sparkmon.inbound import Arrival, BodyRoom, Refusal

__all__ = ["TARGET"]

_REQUESTS = 8
_CLIENTS = ("10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2")
_UNIT, _MOST_BYTES, _BODY_BYTES, _EVENTS = 4096, 1 << 20, 1 << 18, 6
_STATUSES = (408, 413, 503)


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose time goes on only as the input says."""

    now = 0.0

    def time(self) -> float:
        return self.now


def one_input(data: bytes) -> None:
    """Take the steps."""
    loop = _Loop()
    try:
        loop.run_until_complete(_steps(loop, data))
    finally:
        loop.close()


async def _steps(loop: _Loop, data: bytes) -> None:
    room = BodyRoom(_MOST_BYTES, _BODY_BYTES, _EVENTS)
    queues: list[asyncio.Queue[dict[str, Any]]] = [asyncio.Queue() for _ in range(_REQUESTS)]
    sent = [bytearray() for _ in queues]
    tasks: dict[int, asyncio.Task[None]] = {}

    async def request(at: int, length: str | None) -> None:
        with Arrival(room, {"client": (_CLIENTS[at % len(_CLIENTS)], 1)}) as arrival:
            body = arrival.add_events(1) or await arrival.read(queues[at].get, length)
            assert body is None or isinstance(body, Refusal) or body == bytes(sent[at])
            assert not isinstance(body, Refusal) or body.status in _STATUSES

    for who, what in zip(data[::2], data[1::2], strict=False):
        at = who % _REQUESTS
        if at not in tasks or tasks[at].done():
            queues[at], sent[at] = asyncio.Queue(), bytearray()
            length = (None, "1000", "999999999", "x")[who >> 3 & 3]
            tasks[at] = loop.create_task(request(at, length))
        if what < 8:
            loop.now += what * 1.5
        elif what < 16:
            queues[at].put_nowait({"type": "http.disconnect"})
        else:
            piece = bytes([what]) * ((what >> 1) * _UNIT // 4)
            sent[at] += piece
            queues[at].put_nowait({"type": "http.request", "body": piece, "more_body": bool(what & 1)})
        for _ in range(6):
            await asyncio.sleep(0)
        _check(room)
    for task in tasks.values():
        task.cancel()
    for result in await asyncio.gather(*tasks.values(), return_exceptions=True):
        assert result is None or isinstance(result, asyncio.CancelledError), repr(result)
    assert (room.bytes, room.events, room.partial_bytes, dict(room.partial_of), room.partial) == (0, 0, 0, {}, {})


def _check(room: BodyRoom) -> None:
    assert 0 <= room.events <= room.max_events
    assert 0 <= room.partial_bytes <= min(room.bytes, room.max_partial)
    assert room.bytes <= room.max_bytes
    assert sum(room.partial_of.values()) == room.partial_bytes
    assert max(room.partial_of.values(), default=0) <= room.max_partial_of


def seeds() -> Iterator[bytes]:
    """Give bodies in one piece, in several, that stall, that break off, and too many of them."""
    yield bytes([0, 100])
    yield bytes([0, 101, 1, 101, 0, 100, 1, 102])
    yield bytes([0, 101, 1, 101, 0, 7, 1, 7, 0, 7, 0, 101])
    yield bytes([0, 101, 0, 8])
    yield bytes(byte for at in range(64) for byte in (at % 8, 255))
    yield bytes(byte for at in range(64) for byte in (at % 8, (255, 2, 31, 9)[at % 4]))
    yield bytes([16, 101, 24, 101, 8, 100])


TARGET = Target(one_input, seeds, (b"\0\xff", b"\1\xff", b"\0\x07", b"\0\x09", b"\x10\xff"), longest=600)

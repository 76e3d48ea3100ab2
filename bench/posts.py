"""A sender that costs little beside the receiver it measures: prepared bytes over plain sockets."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from functools import partial

import orjson

from bench.traffic import headers, normals
from sparkmon.errors import SparkmonError

__all__ = ["IN_FLIGHT", "event_request", "post_for"]

IN_FLIGHT = 64
_ACCEPTED = b"HTTP/1.1 202 "
_END = b"\r\n\r\n"


async def post_for(port: int, seconds: float, *, keep_alive: bool) -> int:
    """Post events to a receiver on this machine, 64 in flight, and return how many it acknowledged.

    Parameters
    ----------
    port : int
        The receiver's.
    seconds : float
        After so long no further event is begun.
    keep_alive : bool
        Whether 64 connections stay, or each event has one of its own.

    Raises
    ------
    SparkmonError
        The receiver answered something other than 202.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    request = event_request(keep_alive=keep_alive)

    async def send() -> int:
        count = 0
        while loop.time() < end:
            done = loop.create_future()
            sender = partial(_Sender, request, end, done, keep_alive=keep_alive)
            await loop.create_connection(sender, "127.0.0.1", port)
            count += await done
        return count

    return sum(await asyncio.gather(*(send() for _ in range(IN_FLIGHT))))


class _Sender(asyncio.Protocol):
    """One connection: posts, waits for the answer, posts again."""

    def __init__(self, request: bytes, end: float, done: asyncio.Future[int], *, keep_alive: bool) -> None:
        self._request, self._end, self._done, self._keep_alive = request, end, done, keep_alive
        self._count = 0
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Post the first event."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count the answer, whose body is empty, and post the next event."""
        self._answer += data
        if not self._answer.endswith(_END):
            return
        if not self._answer.startswith(_ACCEPTED):
            answer = self._answer.decode(errors="replace")
            self._fail(SparkmonError(f"the receiver refused an event: {answer}"))
            return
        self._answer = b""
        self._count += 1
        if self._keep_alive and asyncio.get_running_loop().time() < self._end:
            self._transport.write(self._request)
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell how many were acknowledged."""
        if not self._done.done():
            self._done.set_result(self._count)

    def _fail(self, error: SparkmonError) -> None:
        self._done.set_exception(error)
        self._transport.close()


def event_request(*, keep_alive: bool) -> bytes:
    """Make the bytes of one post: an event whose body is a V1 request of 20 numbers."""
    row = normals(1, seed=5)
    body = orjson.dumps({"instances": row}, option=orjson.OPT_SERIALIZE_NUMPY)
    event = headers("call", "request", datetime(2026, 1, 5, tzinfo=timezone.utc))
    lines = [
        "POST / HTTP/1.1",
        "Host: 127.0.0.1",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in event.items()),
    ]
    return "\r\n".join(lines).encode() + _END + body

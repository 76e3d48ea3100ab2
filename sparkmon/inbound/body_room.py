"""The memory for bodies: what has arrived of them counts, never what they announce.

Bodies that are not whole may take half of the room, those of one client a quarter, and each must come at a least rate:
who begins bodies and does not end them leaves the rest to others. A body that is whole in one piece is never begun.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address, IPv6Network
from types import TracebackType
from typing import NamedTuple

from starlette.types import Receive, Scope

PACE_S = 10.0
PACE_BYTES = 160 * 2**10
"""A body brings as much in each stretch of ``PACE_S``, or ends; one that does not is refused."""


class Refusal(NamedTuple):
    """Why a request is refused: the HTTP status, a stable reason, and a sentence for the sender."""

    status: int
    reason: str
    detail: str
    retry_after_s: int = 5


class BodyRoom:
    """The room for bodies of at most ``max_body_bytes``, and for their events. Belongs to one event loop."""

    def __init__(self, max_bytes: int, max_body_bytes: int, max_events: float = math.inf) -> None:
        self.is_stopping = False
        self.events = 0
        self.bytes = 0
        self.partial_bytes = 0
        self.partial_of: Counter[str] = Counter()
        self.max_events = max_events
        self.max_bytes = max_bytes
        self.max_body_bytes = max_body_bytes
        self.max_partial = max(max_body_bytes, max_bytes // 2)
        self.max_partial_of = max(max_body_bytes, max_bytes // 4)


class Arrival:
    """The room that one request takes, given back when the context ends."""

    __slots__ = ("_bytes", "_client", "_events", "_partial", "_room")

    def __init__(self, room: BodyRoom, scope: Scope) -> None:
        client = scope.get("client")
        self._room = room
        self._client = "" if client is None else client_of(str(client[0]))
        self._events = self._bytes = self._partial = 0

    def add_events(self, count: int) -> Refusal | None:
        """Take room for events, or return why there is none."""
        room = self._room
        if room.is_stopping:
            return Refusal(503, "stopping", "the server is stopping; send it again later")
        if room.events + count > room.max_events:
            return Refusal(503, "pending_full", "too many events are pending; send it again later")
        room.events += count
        self._events += count
        return None

    async def read(self, receive: Receive, length: str | None) -> bytes | Refusal | None:
        """Return the body once it is whole, or why it is refused; None if the sender has gone.

        ``length`` is the request's Content-Length: one that is too large is refused before anything is read.
        """
        if length is not None and not (
            length.isdecimal() and len(length) < 20 and int(length) <= self._room.max_body_bytes
        ):
            return self._too_large()
        loop = asyncio.get_running_loop()
        parts: list[bytes] = []
        size_before, begin_time, more = 0, loop.time(), True
        while more:
            try:
                # Most bodies are whole with their first piece: it needs no timer.
                message = await asyncio.wait_for(receive(), PACE_S if parts else None)
            except asyncio.TimeoutError:
                return _too_slow()
            if message["type"] != "http.request":
                return None
            part, more = message.get("body", b""), message.get("more_body", False)
            refusal = self._take(len(part), is_last=not more)
            if refusal is not None:
                return refusal
            parts.append(part)
            if more and loop.time() - begin_time > PACE_S:
                if self._bytes - size_before < PACE_BYTES:
                    return _too_slow()
                begin_time, size_before = loop.time(), self._bytes
        return b"".join(parts)

    def _take(self, size: int, *, is_last: bool) -> Refusal | None:
        """Take room for a piece of the body."""
        room = self._room
        if self._bytes + size > room.max_body_bytes:
            return self._too_large()
        if room.bytes + size > room.max_bytes:
            return Refusal(503, "pending_full", "too many bodies are pending; send it again later")
        room.bytes += size
        self._bytes += size
        if is_last:
            self._end_partial()
            return None
        room.partial_bytes += size
        room.partial_of[self._client] += size
        self._partial += size
        is_hogging = room.partial_of[self._client] > room.max_partial_of
        if is_hogging or room.partial_bytes > room.max_partial:
            detail = "too much of bodies that are not whole is pending; send it again later"
            return Refusal(503, "unfinished_full", detail)
        return None

    def _too_large(self) -> Refusal:
        detail = f"{self._room.max_body_bytes} bytes of body is the limit"
        return Refusal(413, "too_large", detail)

    def __enter__(self) -> Arrival:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._room.events -= self._events
        self._room.bytes -= self._bytes
        self._end_partial()

    def _end_partial(self) -> None:
        if self._partial:
            self._room.partial_bytes -= self._partial
            self._room.partial_of[self._client] -= self._partial
            if not self._room.partial_of[self._client]:
                del self._room.partial_of[self._client]
            self._partial = 0


def _too_slow() -> Refusal:
    return Refusal(408, "slow", f"less than {PACE_BYTES} bytes of the body came in {PACE_S:g} s")


@lru_cache(maxsize=1024)
def client_of(address: str) -> str:
    """Return what stands for a client: an address of IPv4, or the network of one of IPv6, which one client has whole.

    >>> client_of("10.1.2.3"), client_of("::ffff:10.1.2.3"), client_of("2001:db8:0:1:9::7")
    ('10.1.2.3', '10.1.2.3', '2001:db8:0:1::/64')
    """
    if ":" not in address:
        return address
    try:
        whole = IPv6Address(address.partition("%")[0])
    except AddressValueError:
        return address
    mapped = whole.ipv4_mapped
    return str(IPv6Network((whole, 64), strict=False) if mapped is None else mapped)

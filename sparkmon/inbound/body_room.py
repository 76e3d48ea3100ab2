"""The memory for bodies: what has arrived of them counts, never what they announce.

Bodies that are not whole may take half of the room, and those of one client a quarter: who begins bodies and does not
end them leaves the rest to others. Each must come at a least rate. Where room is short, one that has stalled gives way,
so that senders behind one proxy do not keep each other out. A body that is whole in one piece is never partial.
"""

import asyncio
import math
from collections import Counter
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address, IPv6Network
from types import TracebackType
from typing import Any, NamedTuple

from starlette.types import Message, Receive, Scope

PACE_S = 10.0
PACE_BYTES = 160 * 2**10
"""A body brings as much in each stretch of ``PACE_S``, or ends; one that does not is refused."""
STALL_S = 1.0
"""A body that has not brought its share of ``PACE_BYTES`` for this long gives way where room is short."""


class Refusal(NamedTuple):
    """Why a request is refused: the HTTP status, a stable reason, and a sentence for the sender."""

    status: int
    reason: str
    detail: str
    retry_after_s: int = 5


_TOO_SLOW = Refusal(408, "slow", f"less than {PACE_BYTES} bytes of the body came in {PACE_S:g} s")


class BodyRoom:
    """The room for bodies of at most ``max_body_bytes``, and for their events. Belongs to one event loop."""

    def __init__(self, max_bytes: int, max_body_bytes: int, max_events: float = math.inf) -> None:
        self.is_stopping = False
        self.events = 0
        self.bytes = 0
        self.partial_bytes = 0
        self.partial_of: Counter[str] = Counter()
        # By when each last brought its share, the longest ago first.
        self.partial: dict[Arrival, float] = {}
        self.max_events = max_events
        self.max_bytes = max_bytes
        self.max_body_bytes = max_body_bytes
        self.max_partial = max(max_body_bytes, max_bytes // 2)
        self.max_partial_of = max(max_body_bytes, max_bytes // 4)

    def evict(self, client: str | None, now: float) -> bool:
        """Refuse the body that has stalled longest, of one client or of all; False if none has stalled."""
        for arrival, time in self.partial.items():
            if client in (None, arrival.client):
                if now - time >= STALL_S:
                    arrival.give_way()
                    return True
                break
        return False


class Arrival:
    """The room that one request takes, given back when the context ends."""

    def __init__(self, room: BodyRoom, scope: Scope) -> None:
        client = scope.get("client")
        self.client = "" if client is None else client_of(str(client[0]))
        self._room = room
        self._events = self._bytes = self._partial = self._since_share = 0
        self._waiting: asyncio.Future[Any] | None = None
        self._gives_way = False

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
            # Most bodies are whole with their first piece: it needs no timer.
            message = await (self._next(receive) if parts else receive())
            if isinstance(message, Refusal):
                return message
            if message["type"] != "http.request":
                return None
            part, more = message.get("body", b""), message.get("more_body", False)
            refusal = self._take(len(part), is_last=not more, now=loop.time())
            if refusal is not None:
                return refusal
            parts.append(part)
            if more and loop.time() - begin_time > PACE_S:
                if self._bytes - size_before < PACE_BYTES:
                    return _TOO_SLOW
                begin_time, size_before = loop.time(), self._bytes
        return b"".join(parts)

    def give_way(self) -> None:
        """Give the room back at once; the body is refused."""
        self._end_partial()
        self._room.bytes -= self._bytes
        self._bytes = 0
        self._gives_way = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def wait_for_message(self, message: asyncio.Future[Any], seconds: float) -> Refusal | None:
        """Wait for a message of which it is not known what has arrived: it takes room for all that it may be."""
        refusal = self._take(self._room.max_body_bytes, is_last=False, now=asyncio.get_running_loop().time())
        if refusal is None:
            refusal = await self._wait(message, seconds, f"the message was not whole after {seconds:g} s")
        message.cancel()
        return refusal

    def take_message(self, size: int) -> Refusal | None:
        """Take room for a message that is whole, instead of what it may have taken before."""
        return self._take(size - self._bytes, is_last=True, now=asyncio.get_running_loop().time())

    async def _next(self, receive: Receive) -> Message | Refusal:
        """Return the next piece of a body that has begun."""
        piece = asyncio.ensure_future(receive())
        try:
            return await self._wait(piece, PACE_S, _TOO_SLOW.detail) or piece.result()
        finally:
            piece.cancel()

    async def _wait(self, waiting: asyncio.Future[Any], seconds: float, late: str) -> Refusal | None:
        """Wait for a body that has begun, or return why it is refused."""
        self._waiting = waiting
        await asyncio.wait((waiting,), timeout=seconds)
        if self._gives_way:
            return _no_room("unfinished_full")
        return None if waiting.done() else Refusal(408, "slow", late)

    def _take(self, size: int, *, is_last: bool, now: float) -> Refusal | None:
        """Take room for a piece of the body."""
        room = self._room
        if self._bytes + size > room.max_body_bytes:
            return self._too_large()
        while room.bytes + size > room.max_bytes:
            if not room.evict(None, now):
                return _no_room("pending_full")
        while not is_last and room.partial_of[self.client] + size > room.max_partial_of:
            if not room.evict(self.client, now):
                return _no_room("unfinished_full")
        while not is_last and room.partial_bytes + size > room.max_partial:
            if not room.evict(None, now):
                return _no_room("unfinished_full")
        if self._gives_way:  # of those that have stalled, it was this one
            return _no_room("unfinished_full")
        room.bytes += size
        self._bytes += size
        if is_last:
            self._end_partial()
        else:
            self._add_partial(size, now)
        return None

    def _add_partial(self, size: int, now: float) -> None:
        room = self._room
        room.partial_bytes += size
        room.partial_of[self.client] += size
        self._partial += size
        self._since_share += size
        if self not in room.partial or self._since_share >= PACE_BYTES * STALL_S / PACE_S:
            room.partial.pop(self, None)
            room.partial[self] = now
            self._since_share = 0

    def _too_large(self) -> Refusal:
        return Refusal(413, "too_large", f"{self._room.max_body_bytes} bytes of body is the limit")

    def __enter__(self) -> "Arrival":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.events -= self._events
        self._room.bytes -= self._bytes
        self._end_partial()

    def _end_partial(self) -> None:
        room = self._room
        if room.partial.pop(self, None) is not None:
            room.partial_bytes -= self._partial
            room.partial_of[self.client] -= self._partial
            if not room.partial_of[self.client]:
                del room.partial_of[self.client]
            self._partial = 0


def _no_room(reason: str) -> Refusal:
    what = "too many bodies are" if reason == "pending_full" else "too much of unfinished bodies is"
    return Refusal(503, reason, f"{what} pending; send it again later")


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

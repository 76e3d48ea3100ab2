"""How much a receiver keeps in memory: the events and bytes that have arrived and are not yet on disk.

A request counts by what has arrived of its body, never by what it announces. Bodies that are not whole may take half of
the room, those of one client a quarter: who begins bodies and does not end them leaves the rest to others. A small body
comes whole in one piece and never counts as begun.
"""

from __future__ import annotations

from collections import Counter
from types import TracebackType

from sparkmon.receiver.rate_limit import client_of
from sparkmon.receiver.settings import ReceiverSettings


class Admission:
    """The room for events on their way to disk; it belongs to the event loop."""

    def __init__(self, settings: ReceiverSettings) -> None:
        self.is_stopping = False
        self.events = 0
        self.bytes = 0
        self.partial_bytes = 0
        self.partial_of: Counter[str] = Counter()
        self.max_events = settings.max_pending_events
        self.max_bytes = settings.max_pending_bytes
        self.max_partial = max(settings.max_event_bytes, self.max_bytes // 2)
        self.max_partial_of = max(settings.max_event_bytes, self.max_bytes // 4)


class Arrival:
    """The room that one request takes, given back when the context ends; methods return why there is none, or None."""

    __slots__ = ("_bytes", "_client", "_events", "_partial", "_room")

    def __init__(self, room: Admission, address: str) -> None:
        self._room = room
        self._client = client_of(address)
        self._events = self._bytes = self._partial = 0

    def add_events(self, count: int) -> str | None:
        """Take room for events."""
        room = self._room
        if room.is_stopping:
            return "stopping"
        if room.events + count > room.max_events:
            return "pending_full"
        room.events += count
        self._events += count
        return None

    def add_bytes(self, size: int, *, is_last: bool) -> str | None:
        """Take room for a piece of the body."""
        room = self._room
        if room.bytes + size > room.max_bytes:
            return "pending_full"
        room.bytes += size
        self._bytes += size
        if is_last:
            self._end_partial()
            return None
        room.partial_bytes += size
        room.partial_of[self._client] += size
        self._partial += size
        if (
            room.partial_of[self._client] > room.max_partial_of
            or room.partial_bytes > room.max_partial
        ):
            return "unfinished_full"
        return None

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

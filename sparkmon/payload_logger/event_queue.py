"""The events of an emitter until they are settled, and their counts."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_BATCH_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class EmitterCounts:
    """The counts of one emitter's events; always ``emitted = delivered + sum(dropped) + queued``."""

    emitted: int
    """Calls of ``emit``."""
    delivered: int
    """Answered with 2xx."""
    dropped: Mapping[str, int]
    """By reason: ``queue_full``, ``closed`` (emitted after ``close``), ``refused`` (answered with 3xx or 4xx),
    ``expired`` (not delivered within ``max_retry_s``), ``unsendable`` (no valid request), ``failed`` (a bug of the
    emitter; please report it)."""
    retried: int
    """Events sent again, each time counted."""
    queued: int
    """Events that wait or are in flight."""
    queued_bytes: int
    """Their headers and bodies, in bytes."""


class EmittedEvent(NamedTuple):
    """A CloudEvent in binary mode, and when it was emitted in seconds of the monotonic clock."""

    headers: Mapping[str, str]
    body: bytes
    time: float

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers.items())


class EventQueue:
    """A first-in-first-out queue of at most ``size`` events and ``size_bytes`` that never blocks. Thread-safe.

    An event that is in flight counts until it is settled.

    >>> queue = EventQueue(1, 100)
    >>> queue.put(EmittedEvent({}, b"first", 0.0)), queue.put(EmittedEvent({}, b"second", 0.0))
    (True, False)
    >>> events = queue.take(10, wake=lambda: None)
    >>> queue.settle(events, "delivered")
    >>> queue.counts()
    EmitterCounts(emitted=2, delivered=1, dropped={'queue_full': 1}, retried=0, queued=0, queued_bytes=0)
    """

    def __init__(self, size: int, size_bytes: int) -> None:
        self._size, self._size_bytes = size, size_bytes
        self._lock = threading.Lock()
        self._waiting: deque[EmittedEvent] = deque()
        self._closed = False
        self._wake: Callable[[], None] | None = None
        self._pending = self._pending_bytes = 0
        self._emitted = self._delivered = self._retried = 0
        self._dropped: Counter[str] = Counter()

    def put(self, event: EmittedEvent) -> bool:
        """Add an event, or drop it and return False."""
        with self._lock:
            self._emitted += 1
            if self._closed:
                self._dropped["closed"] += 1
                return False
            if self._pending >= self._size or self._pending_bytes + event.size > self._size_bytes:
                self._dropped["queue_full"] += 1
                return False
            self._pending += 1
            self._pending_bytes += event.size
            self._waiting.append(event)
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()
        return True

    def take(self, limit: int, wake: Callable[[], None]) -> list[EmittedEvent] | None:
        """Take at most ``limit`` events and 1 MiB (at least one event); the caller settles each of them.

        If no events wait, the list is empty, and ``wake`` is called once on the next event or on ``close``. None if no
        events wait and the queue is closed.
        """
        events: list[EmittedEvent] = []
        size = 0
        with self._lock:
            while self._waiting and len(events) < limit:
                size += self._waiting[0].size
                if events and size > _BATCH_BYTES:
                    break
                events.append(self._waiting.popleft())
            if not events:
                if self._closed:
                    return None
                self._wake = wake
        return events

    def settle(self, events: Sequence[EmittedEvent], outcome: str) -> None:
        """Count events as ``delivered``, or as dropped for a reason."""
        with self._lock:
            self._pending -= len(events)
            self._pending_bytes -= sum(event.size for event in events)
            if outcome == "delivered":
                self._delivered += len(events)
            elif events:
                self._dropped[outcome] += len(events)

    def retry(self, count: int) -> None:
        """Count events that are sent again."""
        with self._lock:
            self._retried += count

    def close(self) -> None:
        """Accept no more events."""
        with self._lock:
            self._closed = True
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def counts(self) -> EmitterCounts:
        """Count what became of the events so far."""
        with self._lock:
            return EmitterCounts(
                self._emitted, self._delivered, dict(self._dropped), self._retried, self._pending, self._pending_bytes
            )

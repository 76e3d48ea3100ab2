"""Adds the request's body to its response while both are still in the receiver's memory.

Both halves of an inference usually reach the sink within a second; joining them here costs microseconds, a
stream-stream join in Spark several times the rest of the pipeline.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from sparkmon.records import Event


class PairingBuffer:
    """Requests of the last ``seconds``, by event id, namespace, model and component; the oldest go beyond a bound.

    A response that comes before its request stays unpaired, as do halves that reach different receivers: a join in
    Spark finds these. A request is kept after its response came, because a response may be delivered twice.
    """

    def __init__(
        self,
        seconds: float,
        max_events: int = 50_000,
        max_bytes: int = 256 * 2**20,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._clock = clock
        # Until when they are remembered, the oldest first.
        self._requests: dict[tuple[str, ...], tuple[float, Event]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._requests)

    def pair(self, event: Event) -> Event:
        """Remember a request; return a response with its request's time and body, if that is remembered."""
        if event.dead_letter is not None or self._seconds <= 0:
            return event
        now = self._clock()
        while self._requests and next(iter(self._requests.values()))[0] <= now:
            self._drop(next(iter(self._requests)))
        key = (event.event_id, event.namespace, event.model, event.component)
        if event.event_type == "request":
            if key in self._requests:
                self._drop(key)
            self._requests[key] = now + self._seconds, event
            self._bytes += len(event.payload)
            while len(self._requests) > self._max_events or self._bytes > self._max_bytes:
                self._drop(next(iter(self._requests)))
        elif event.event_type == "response" and key in self._requests:
            _, request = self._requests[key]
            return replace(event, request_time=request.event_time, request_payload=request.payload)
        return event

    def _drop(self, key: tuple[str, ...]) -> None:
        _, event = self._requests.pop(key)
        self._bytes -= len(event.payload)

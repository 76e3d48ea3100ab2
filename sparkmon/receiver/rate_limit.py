"""How many events a second are taken, from all clients together and from each."""

import math
import time
from collections.abc import Callable
from typing import NamedTuple

from sparkmon.inbound import client_of


class Excess(NamedTuple):
    """Why a request is one too many, and when it is worth sending again."""

    reason: str
    """``rate`` or ``client_rate``."""
    retry_after_s: int


class RateLimit:
    """Events a second of all clients together, and of each of those seen of late; a rate of 0 is no limit.

    Each lets a second's worth of events through at once, which are then paid off at its rate. A batch is taken if there
    is room for one event; the others are owed, and what comes next waits until they are paid off. Of more than
    ``max_clients`` the one that was silent longest is forgotten.

    >>> limit = RateLimit(0, 2, clock=lambda: 0.0)
    >>> [limit.excess(client) or limit.take(client) for client in ("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2")]
    [None, None, Excess(reason='client_rate', retry_after_s=1), None]
    """

    def __init__(
        self,
        per_second: float,
        client_per_second: float,
        max_clients: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = per_second
        self._client_rate = client_per_second
        self._max_clients = max_clients
        self._clock = clock
        # When all that was taken is paid off: of all clients, and of each.
        self._paid_time = 0.0
        self._paid_times: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._paid_times)

    def excess(self, client: str) -> Excess | None:
        """Tell whether one more event of a client's is too many; it is not counted yet."""
        now = self._clock()
        if self._client_rate:
            wait = _wait_s(self._paid_time_of(client) - now, self._client_rate)
            if wait > 0:
                return Excess("client_rate", math.ceil(wait))
        if self._rate:
            wait = _wait_s(self._paid_time - now, self._rate)
            if wait > 0:
                return Excess("rate", math.ceil(wait))
        return None

    def take(self, client: str, events: int = 1) -> None:
        """Count events of a client's."""
        now = self._clock()
        if self._client_rate:
            paid_time = max(now, self._paid_time_of(client)) + events / self._client_rate
            self._paid_times[client_of(client)] = paid_time
        if self._rate:
            self._paid_time = max(now, self._paid_time) + events / self._rate

    def _paid_time_of(self, client: str) -> float:
        key = client_of(client)
        paid_time = self._paid_times.pop(key, 0.0)
        if len(self._paid_times) >= self._max_clients:
            del self._paid_times[next(iter(self._paid_times))]
        self._paid_times[key] = paid_time
        return paid_time


def _wait_s(owed_s: float, rate: float) -> float:
    """Return how long until one more event is taken, to the microsecond: a second's worth in all may be owed."""
    return round(owed_s - (max(1.0, rate) - 1.0) / rate, 6)

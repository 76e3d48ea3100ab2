"""How many events a second are taken, from all clients together and from each."""

import math
import time
from collections.abc import Callable

from sparkmon.inbound import Refusal


class RateLimit:
    """Events a second of all clients together, and of each of those seen of late; a rate of 0 is no limit.

    Each lets a second's worth of events through at once, which are then paid off at its rate. A batch is taken if there
    is room for one event; the others are owed, and what comes next waits until they are paid off. Of more than
    ``max_clients`` the one that was silent longest is forgotten.

    >>> limit = RateLimit(0, 2, clock=lambda: 0.0)
    >>> [limit.excess(client) or limit.take(client) for client in ("10.0.0.1", "10.0.0.1", "10.0.0.2")]
    [None, None, None]
    >>> limit.excess("10.0.0.1").reason
    'client_rate'
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

    def excess(self, client: str) -> Refusal | None:
        """Refuse one more event of a client's if it is too many; it is not counted yet."""
        now = self._clock()
        for reason, rate in (("client_rate", self._client_rate), ("rate", self._rate)):
            if rate:
                owed_s = (self._paid_time_of(client) if reason == "client_rate" else self._paid_time) - now
                # To the microsecond: a second's worth in all may be owed.
                wait = round(owed_s - (max(1.0, rate) - 1.0) / rate, 6)
                if wait > 0:
                    return Refusal(429, reason, "too many events a second; send it again later", math.ceil(wait))
        return None

    def take(self, client: str, events: int = 1) -> None:
        """Count events of a client's."""
        now = self._clock()
        if self._client_rate:
            paid_time = max(now, self._paid_time_of(client)) + events / self._client_rate
            self._paid_times[client] = paid_time
        if self._rate:
            self._paid_time = max(now, self._paid_time) + events / self._rate

    def _paid_time_of(self, client: str) -> float:
        paid_time = self._paid_times.pop(client, 0.0)
        if len(self._paid_times) >= self._max_clients:
            del self._paid_times[next(iter(self._paid_times))]
        self._paid_times[client] = paid_time
        return paid_time

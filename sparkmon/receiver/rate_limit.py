"""How many events a second are taken, from all clients together and from each."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address, IPv6Network
from typing import NamedTuple


class Excess(NamedTuple):
    """Why a request is one too many, and when it is worth sending again."""

    reason: str
    """``rate`` or ``client_rate``."""
    retry_after_s: int


class _Bucket:
    """Tokens that come in at a steady rate, one second's worth at most; a debt is paid off first."""

    __slots__ = ("_level", "_most", "_rate", "_time")

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._most = max(1.0, rate)
        self._level = self._most
        self._time = now

    def wait_s(self, now: float) -> float:
        """Return how long until there is a token; 0 where there is one."""
        self._level = min(self._most, self._level + (now - self._time) * self._rate)
        self._time = now
        return max(0.0, (1.0 - self._level) / self._rate)

    def take(self, count: int) -> None:
        self._level -= count


class RateLimit:
    """Token buckets: one for all clients, and one for each of those seen of late.

    Each lets a second's worth of events through at once; a rate of 0 is no limit. A batch is taken if there is room for
    one event; the others are owed, and what comes next waits until they are paid off. Of more than ``max_clients`` the
    one that was silent longest is forgotten.

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
        self._all = _Bucket(per_second, clock()) if per_second else None
        self._client_rate = client_per_second
        self._max_clients = max_clients
        self._clock = clock
        self._clients: dict[str, _Bucket] = {}

    def __len__(self) -> int:
        return len(self._clients)

    def excess(self, client: str) -> Excess | None:
        """Tell whether one more event of a client's is too many; it is not counted yet."""
        if self._client_rate:
            wait = self._of(client).wait_s(self._clock())
            if wait > 0:
                return Excess("client_rate", math.ceil(wait))
        if self._all is not None:
            wait = self._all.wait_s(self._clock())
            if wait > 0:
                return Excess("rate", math.ceil(wait))
        return None

    def take(self, client: str, events: int = 1) -> None:
        """Count events of a client's."""
        if self._client_rate:
            self._of(client).take(events)
        if self._all is not None:
            self._all.take(events)

    def _of(self, client: str) -> _Bucket:
        key = client_of(client)
        bucket = self._clients.pop(key, None)
        if bucket is None:
            if len(self._clients) >= self._max_clients:
                del self._clients[next(iter(self._clients))]
            bucket = _Bucket(self._client_rate, self._clock())
        self._clients[key] = bucket
        return bucket


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

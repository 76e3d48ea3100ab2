"""A bound on the requests in flight: a request beyond it is refused at once, so that it does not wait in a queue."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sparkmon.errors import ServingError
from sparkmon.serving.serving_error import serving_error

_CALM_AFTER_S = 1.0
_PERIOD_S = 10.0
_MIN_LIMIT = 8


class Admission:
    """A bound on the requests between arrival and answer: wide for a burst, narrow in an overload.

    A burst may fill it to ``max_in_flight``. After a refusal, until a second has passed without another, the limit is
    the number of requests that are answered in twice the time of an undisturbed request: in an overload, queued
    requests only slow all others down.

    That is twice the rate of the last second times the shortest time of a request in the last 10 to 20 seconds before
    the overload; docs/decisions/admission.md says why.

    Of ``max_instances`` that all requests have together a request that finds others may take what is left: a few great
    ones must not keep the small ones waiting.

    >>> admission = Admission(1, lambda: None)
    >>> with admission.admit():
    ...     admission.in_flight, admission.is_full
    (1, True)
    >>> admission.in_flight
    0
    """

    def __init__(
        self,
        max_in_flight: int,
        on_refusal: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        max_instances: float = math.inf,
    ) -> None:
        self.in_flight = self._instances = 0
        self._max_in_flight, self._max_instances = max_in_flight, max_instances
        self._on_refusal = on_refusal
        self._clock = clock
        self._refused_s = -math.inf
        self._least_s = [math.inf, math.inf]  # of this period, and of the one before
        self._period_s = self._second_s = clock()
        self._answered = 0
        self._rate = 0.0

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        now = self._clock()
        least_s = min(self._least_s)
        if now - self._refused_s >= _CALM_AFTER_S or math.isinf(least_s):
            return self._max_in_flight
        self._count_second(now)
        return min(self._max_in_flight, max(_MIN_LIMIT, math.ceil(2 * self._rate * least_s)))

    @property
    def is_full(self) -> bool:
        """Whether the next request would be refused."""
        return self.in_flight >= self._max_in_flight or self.in_flight >= self.limit

    def refuse(self) -> ServingError:
        """Count a refused request and return its error."""
        self._refused_s = self._clock()
        self._on_refusal()
        reason = f"{self.in_flight} requests are being answered; try again later"
        return serving_error("OVERLOADED", 503, reason)

    @contextmanager
    def admit(self, instances: int = 1) -> Iterator[None]:
        """Count a request as in flight while the block runs; ServingError ``OVERLOADED``, 503: a limit is reached."""
        if self.is_full:
            raise self.refuse()
        if self.in_flight and self._instances + instances > self._max_instances:
            self._on_refusal()  # no overload: smaller ones may come as before
            reason = f"{self._instances} instances are being answered, too many for {instances} more; try again later"
            raise serving_error("OVERLOADED", 503, reason)
        self.in_flight += 1
        self._instances += instances
        start = self._clock()
        try:
            yield
            self._measure(start)  # not of a failure, which may take no time at all
        finally:
            self.in_flight -= 1
            self._instances -= instances

    def _measure(self, start: float) -> None:
        now = self._clock()
        self._answered += 1
        self._count_second(now)
        if now - self._refused_s < _CALM_AFTER_S:
            return  # times in an overload are not those of undisturbed requests
        if now - self._period_s >= _PERIOD_S:
            self._least_s = [math.inf, self._least_s[0]]
            self._period_s = now
        self._least_s[0] = min(self._least_s[0], now - start)

    def _count_second(self, now: float) -> None:
        elapsed = now - self._second_s
        if elapsed >= 1:
            self._rate = self._answered / elapsed
            self._answered = 0
            self._second_s = now

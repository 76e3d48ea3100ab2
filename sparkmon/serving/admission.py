"""How many requests are inside at once; beyond that, one is refused at once rather than left to wait."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sparkmon.errors import ServingError
from sparkmon.serving.refusal import refusal

__all__ = ["Admission"]

_RETRY_AFTER_S = 1
_CALM_AFTER_S = 1.0
_MEMORY_S = 10.0
_FEWEST = 8


class Admission:
    """A bound on the requests between their arrival and their answer: wide for a burst, narrow in an overload.

    A burst may fill it to ``most``. Where one had to be refused, more come than can be answered, and whoever waits
    inside only makes all others slow: until a second has passed without a refusal, no more are let in than are answered
    in twice the time of an undisturbed request.

    Parameters
    ----------
    most : int
        So many may be inside.
    on_refusal : callable
        Called for each that is refused.
    clock : callable
        Seconds that only grow.

    Attributes
    ----------
    inside : int
        How many are inside now.

    Notes
    -----
    By Little's law requests that take t seconds each, answered at a rate r, are r * t inside at once. r is the rate of
    the last second, t the least time that one took in the last 10 to 20 seconds before the overload. Twice that keeps a
    server busy whatever it waits for, its own cores or a slow predictor, without a standing queue.

    Examples
    --------
    >>> admission = Admission(1, lambda: None)
    >>> with admission.admit():
    ...     admission.inside, admission.is_full
    (1, True)
    >>> admission.inside
    0
    """

    def __init__(
        self,
        most: int,
        on_refusal: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.inside = 0
        self._most = most
        self._on_refusal = on_refusal
        self._clock = clock
        self._refused_s = -math.inf
        self._least_s = [math.inf, math.inf]  # of this stretch of time, and of the one before
        self._stretch_s = self._second_s = clock()
        self._answered = 0
        self._rate = 0.0

    @property
    def limit(self) -> int:
        """How many may be inside now."""
        now = self._clock()
        least_s = min(self._least_s)
        if now - self._refused_s >= _CALM_AFTER_S or math.isinf(least_s):
            return self._most
        self._count_second(now)
        return min(self._most, max(_FEWEST, math.ceil(2 * self._rate * least_s)))

    @property
    def is_full(self) -> bool:
        """Whether the next one would be refused."""
        return self.inside >= self._most or self.inside >= self.limit

    def refuse(self) -> ServingError:
        """Count one that is refused and return the error that says so."""
        self._refused_s = self._clock()
        self._on_refusal()
        return refusal(
            "OVERLOADED",
            503,
            f"{self.inside} requests are being answered; try again later",
            retry_after_s=_RETRY_AFTER_S,
        )

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Be inside for as long as the block takes.

        Raises
        ------
        ServingError
            ``OVERLOADED``, 503: as many are inside as may be.
        """
        if self.is_full:
            raise self.refuse()
        self.inside += 1
        start = self._clock()
        try:
            yield
            self._learn(start)  # not of what failed, which may take no time at all
        finally:
            self.inside -= 1

    def _learn(self, start: float) -> None:
        now = self._clock()
        self._answered += 1
        self._count_second(now)
        if now - self._refused_s < _CALM_AFTER_S:
            return  # an overload says nothing of how long a request takes undisturbed
        if now - self._stretch_s >= _MEMORY_S:
            self._least_s = [math.inf, self._least_s[0]]
            self._stretch_s = now
        self._least_s[0] = min(self._least_s[0], now - start)

    def _count_second(self, now: float) -> None:
        passed = now - self._second_s
        if passed >= 1:
            self._rate = self._answered / passed
            self._answered = 0
            self._second_s = now

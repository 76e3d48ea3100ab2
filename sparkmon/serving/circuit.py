"""A circuit breaker: after some failures in a row nothing is asked for a while, then one call tries."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Circuit"]


class Circuit:
    """Guards calls to one server, so that callers do not wait for one that is down.

    Closed, every call is permitted. After ``failures`` failures in a row it opens: no call is permitted for ``open_s``
    seconds, then one at a time, each ``open_s`` after the last, until one succeeds. Belongs to one event loop.

    Parameters
    ----------
    failures : int
        So many failures in a row open it.
    open_s : float
        For how long, in seconds.
    clock : callable
        Seconds that only grow.

    Examples
    --------
    >>> now = 0.0
    >>> circuit = Circuit(2, 1.0, lambda: now)
    >>> circuit.failed(), circuit.permits(), circuit.failed(), circuit.permits()
    (None, True, None, False)
    >>> now = 1.5
    >>> circuit.permits(), circuit.permits()
    (True, False)
    >>> circuit.succeeded(), circuit.permits(), circuit.permits()
    (None, True, True)
    """

    def __init__(
        self, failures: int, open_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._next_try = 0.0

    @property
    def is_open(self) -> bool:
        """Whether a call would not be permitted now."""
        return self._failures >= self._most and self._clock() < self._next_try

    def permits(self) -> bool:
        """Tell whether a call may be made; the one that tries an open circuit is taken by asking."""
        if self._failures < self._most:
            return True
        now = self._clock()
        if now < self._next_try:
            return False
        self._next_try = now + self._open_s
        return True

    def succeeded(self) -> None:
        """Count a call that was answered."""
        self._failures = 0

    def failed(self) -> None:
        """Count a call that was not."""
        self._failures += 1
        if self._failures >= self._most:
            self._next_try = self._clock() + self._open_s

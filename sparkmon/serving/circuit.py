"""A circuit breaker: after consecutive failures no calls are made for a while, then one call tries."""

import time
from collections.abc import Callable


class Circuit:
    """Guards the calls to one server, so that callers do not wait while it is down.

    A closed circuit permits every call. After ``failures`` consecutive failures it opens: it permits no call for
    ``open_s`` seconds, then one call every ``open_s`` seconds until one succeeds. Belongs to one event loop.

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

    def __init__(self, failures: int, open_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_failures = failures
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._next_try = 0.0

    @property
    def is_open(self) -> bool:
        """Whether a call would not be permitted now."""
        return self._failures >= self._max_failures and self._clock() < self._next_try

    def permits(self) -> bool:
        """Return whether a call may be made; True for an open circuit admits the one call that tries it."""
        if self.is_open:
            return False
        if self._failures >= self._max_failures:
            self._next_try = self._clock() + self._open_s
        return True

    def succeeded(self) -> None:
        """Count a call that was answered."""
        self._failures = 0

    def failed(self) -> None:
        """Count a call that was not answered."""
        self._failures += 1
        if self._failures >= self._max_failures:
            self._next_try = self._clock() + self._open_s

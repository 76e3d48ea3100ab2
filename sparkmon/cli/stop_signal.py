"""A request to stop, made by a signal."""

from contextlib import suppress
from queue import Empty, SimpleQueue


class StopSignal:
    """What a signal's handler sets and the program waits for.

    A handler runs in the middle of whatever the program does: if that is a wait for a ``threading.Event``, to set it
    waits for a lock that the interrupted wait has.
    """

    def __init__(self) -> None:
        self._signals: SimpleQueue[None] = SimpleQueue()
        self._is_set = False

    def set(self) -> None:
        """Request it; a handler may call this at any point."""
        self._is_set = True
        self._signals.put(None)

    def is_set(self) -> bool:
        """Tell whether it was requested."""
        return self._is_set

    def wait(self, timeout_s: float) -> bool:
        """Wait for it at most so long; tell whether it was requested."""
        if not self._is_set:
            with suppress(Empty):
                self._signals.get(timeout=timeout_s)
        return self._is_set

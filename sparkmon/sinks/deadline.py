"""A deadline that holds for whole exchanges: one byte now and then is never too slow for a socket's own time-out."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_at(deadline: float, links: Callable[[], Iterable[socket.socket]]) -> Iterator[None]:
    """Shut down the connections that there are when ``time.monotonic()`` reaches the deadline."""

    def cut() -> None:
        for link in links():
            with suppress(OSError):  # it may be closed already
                socket.socket.shutdown(link, socket.SHUT_RDWR)

    timer = threading.Timer(max(deadline - time.monotonic(), 0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()

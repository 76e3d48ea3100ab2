"""What the connections of mails and of POSTs have: certificates that are verified, and a deadline for all of it."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress


def verifying_context() -> ssl.SSLContext:
    """Make a context that verifies certificates and names.

    It trusts the machine's authorities, those in ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` if these variables are set
    (so that a company's or a cluster's own authority can be added), and those of certifi if that is installed.
    """
    context = ssl.create_default_context()
    try:
        import certifi
    except ImportError:
        return context
    context.load_verify_locations(certifi.where())
    return context


@contextmanager
def cut_at(deadline: float, links: Callable[[], Iterable[socket.socket]]) -> Iterator[None]:
    """Shut down the connections that there are when ``time.monotonic()`` reaches the deadline.

    A server that sends a byte now and then is never too slow for a socket's own time-out.
    """

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

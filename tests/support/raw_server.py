"""A TCP server that does with each connection what a test says: to hang, to trickle, to answer nonsense."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["HANDSHAKE", "raw_server", "read_request", "trickle"]

HANDSHAKE = b"\x16\x03\x03\x3f\xff" + b"\x02" * 1000
"""What a TLS server says first, a record of 16 KiB that does not end."""
Script = Callable[[socket.socket, threading.Event], None]


@contextmanager
def raw_server(script: Script) -> Iterator[int]:
    """Serve on loopback and give the port; the event that a script gets is set when the test is over."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def serve(listener: socket.socket) -> None:
        while not over.is_set():
            with suppress(OSError):
                link, _ = listener.accept()
                if over.is_set():
                    link.close()
                    return
                thread = threading.Thread(target=run, args=[link])
                threads.append(thread)
                thread.start()

    def run(link: socket.socket) -> None:
        with link, suppress(OSError):
            script(link, over)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        acceptor = threading.Thread(target=serve, args=[listener])
        acceptor.start()
        try:
            yield port
        finally:
            over.set()
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                pass  # wakes the acceptor
            acceptor.join()
            for thread in threads:
                thread.join()


def trickle(text: bytes, every_s: float = 0.05) -> Script:
    """Send a byte now and then, whatever comes, and the last one never."""

    def script(link: socket.socket, over: threading.Event) -> None:
        for byte in text:
            if over.wait(every_s):
                return
            link.sendall(bytes([byte]))
        over.wait()

    return script


def read_request(link: socket.socket) -> bytes:
    """Read an HTTP request whole; a connection that is closed before is reset, and its answer lost."""
    got = b""
    while part := link.recv(65536):
        got += part
        head, end, body = got.partition(b"\r\n\r\n")
        sizes = [line for line in head.lower().splitlines() if line.startswith(b"content-length:")]
        if end and len(body) >= int(sizes[0].partition(b":")[2]):
            break
    return got

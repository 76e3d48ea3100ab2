"""An HTTP sink that keeps what is posted to it, and answers as it is told."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

__all__ = ["Posted", "Sink", "sink"]


class Posted(NamedTuple):
    """One request: when it came, its path, its headers as on the wire (Latin-1 undone) and its body."""

    time: float
    path: str
    headers: list[tuple[str, str]]
    body: bytes


class Sink:
    """What has been posted, and the answers to come: ``(status, headers)``, the last for all others."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.answers: list[tuple[int, dict[str, str]]] = [(202, {})]
        self.release = threading.Event()
        self.release.set()
        self.url = ""
        self.lock = threading.Lock()

    def answer(self) -> tuple[int, dict[str, str]]:
        """Take the next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def sink(port: int = 0) -> Iterator[Sink]:
    """Serve a sink on loopback; while its ``release`` is cleared it takes requests and answers none."""
    kept = Sink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            pairs = [(name, value.encode("latin-1").decode("utf-8")) for name, value in self.headers.items()]
            with kept.lock:
                kept.posted.append(Posted(time.monotonic(), self.path, pairs, body))
                status, headers = kept.answer()
            kept.release.wait(20)
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the other side has gone

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        kept.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield kept
        finally:
            kept.release.set()
            server.shutdown()
            thread.join()

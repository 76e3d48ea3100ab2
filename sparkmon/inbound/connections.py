"""A server's connections: how many there are, how large a head they may send, and how long a request may take.

uvicorn bounds none of this before it calls an application (``limit_concurrency`` refuses everybody while idle
connections are open, a new connection has no time-out, httptools no bound on a head), so it is done where bytes arrive,
without a timer per request: one check a second finds those that are too slow. This needs the parser's callbacks, which
uvicorn keeps to itself: pyproject.toml bounds its version, and ``tests/inbound`` fails when what is used here changes.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from sparkmon.errors import ProtocolError

STALL_S = 1.0
"""A connection that has waited for its sender this long gives way to a new one where there are too many."""
_CHECK_S = 1.0
_LINGER_S = 2.0
_LINGER_BYTES = 4 * 2**20
LINGERING = 100
"""Refused connections, and how long and for how many bytes each, that stay open for the sender to read the answer."""
_PIPELINED = 16
"""Requests that a sender may send without waiting for the answers."""
_COUNTED = (
    "Invalid HTTP request received.",
    "Unsupported upgrade request.",
    "No supported WebSocket library detected.",
)
"""The beginnings of lines that uvicorn would log for every such request: a sender could fill the disk."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The bounds of connections."""

    max_connections: int = 1000
    """Connections at once; of more, the one that has waited for its sender longest, or the new one, gets 503."""
    max_headers: int = 256
    """Headers in one request; more are refused (431)."""
    max_header_bytes: int = 256 * 2**10
    """A longer head of a request is refused (431)."""
    request_seconds: float = 30.0
    """A request that takes longer from its first byte to its last is refused (408); a connection on which an answer is
    not read for as long is closed."""


class Connections:
    """The open connections of one server, and their bounds; ``on_refusal`` is called with each refusal's reason."""

    def __init__(self, limits: ConnectionLimits, on_refusal: Callable[[str], object]) -> None:
        self.limits = limits
        self.on_refusal = on_refusal
        self.open: set[_Connection] = set()
        # Those that are refused and not yet closed, the oldest first.
        self.lingering: dict[_Connection, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: "_Connection") -> None:
        """Count a connection, refuse one if there are too many, and begin to look for slow ones with the first."""
        self.open.add(connection)
        if len(self.open) > self.limits.max_connections:
            silent = min(self.open, key=_Connection.waiting_since)
            has_stalled = silent.waiting_since() < connection.waiting_since() - STALL_S
            (silent if has_stalled else connection).make_room()
        if self._timer is None:
            logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)
            self.close_slow_ones()

    def linger(self, connection: "_Connection") -> None:
        """Count a connection no longer that is refused, and close the oldest of them if there are too many."""
        self.open.discard(connection)
        self.lingering[connection] = None
        if len(self.lingering) > LINGERING:
            next(iter(self.lingering)).end()

    def forget(self, connection: "_Connection") -> None:
        """Count a connection no longer that is closed."""
        self.open.discard(connection)
        self.lingering.pop(connection, None)

    @property
    def protocol(self) -> type[asyncio.Protocol]:
        """The value of uvicorn's option ``http``: it makes one for each connection."""
        return cast("type[asyncio.Protocol]", partial(_Connection, self))

    def close_slow_ones(self) -> None:
        """Refuse requests that take too long to arrive, now and as long as there are connections."""
        loop = asyncio.get_running_loop()
        latest = loop.time() - self.limits.request_seconds
        for connection in list(self.open):
            connection.close_if_older(latest)
        for connection in list(self.lingering):
            connection.end_if_lingered(loop.time() - _LINGER_S)
        self._timer = loop.call_later(min(_CHECK_S, self.limits.request_seconds / 2), self.close_slow_ones)


class _Connection(HttpToolsProtocol):
    """One connection: uvicorn's, with bounds."""

    def __init__(self, connections: Connections, **options: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(**options)
        self._all = connections
        self._is_deaf = False
        # Since when it is refused, and the bytes that came later.
        self._linger_since = 0.0
        self._linger_bytes = 0
        # When the current request began; None between requests.
        self._begin_time: float | None = None
        # When the latest answer was complete.
        self._answer_time = 0.0
        # Since when the sender has not read all of an answer, as seen once a second; None if it has.
        self._unsent_since: float | None = None
        # Bytes since the request began or its head was whole, less twice those of its body: what is neither.
        self._unread = 0
        self._refusal: Sequence[Any] | None = None
        # Whether what comes next belongs to a head, and not to the body of the latest request.
        self._in_head = True
        # Requests before the latest, of a sender that does not wait for answers.
        self._unanswered: list[RequestResponseCycle] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self._begin_time = self.loop.time()
        self._all.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._all.forget(self)
        self._forsake()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:  # the parser may have been left in the middle
            self._linger_bytes += len(data)
            if self._linger_bytes > _LINGER_BYTES:
                self.end()
            return
        if self._begin_time is None:
            self._begin_time = self.loop.time()  # also of line breaks, with which no request begins
        self._unread += len(data)
        super().data_received(data)
        # Neither a head nor a piece of a body: an endless head, chunk extension or trailer, or a byte to a chunk.
        if self._unread > self._all.limits.max_header_bytes and not self._is_deaf:
            self._refuse(*self._too_large())

    def on_message_begin(self) -> None:
        self._begin_time = self.loop.time()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        # Of the head or a trailer; at once, because short headers take many times their bytes.
        if len(self.headers) >= self._all.limits.max_headers:
            self._stop(*self._too_large())
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        # The data may hold some of the body, too: then the size of the head is computed.
        most = self._all.limits.max_header_bytes
        if self._unread > most and len(self.url) + sum(len(n) + len(v) + 4 for n, v in self.headers) > most:
            self._stop(*self._too_large())
        if len(self.pipeline) >= _PIPELINED:
            self._stop(400, "pipelined", f"{_PIPELINED} requests wait for their answers")
        before = self.cycle
        super().on_headers_complete()  # raises if the target is no path
        self._unread = 0
        self._in_head = False
        if self.pipeline:
            earlier = (*self._unanswered, before)
            self._unanswered = [cycle for cycle in earlier if not cycle.response_complete]

    def on_body(self, body: bytes) -> None:
        self._unread = max(0, self._unread - 2 * len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._begin_time = None
        self._unread = 0
        self._in_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._answer_time = self.loop.time()
        self._unsent_since = None
        super().on_response_complete()

    def _stop(self, *refusal: Any) -> None:  # noqa: ANN401 - as _refuse has it
        """Refuse the request from within the parser, which turns the error into one of its own."""
        self._refusal = refusal
        raise ProtocolError(refusal[2])

    def send_400_response(self, msg: str) -> None:
        # uvicorn's answer if the parser fails, which it also does if a callback raises.
        refusal, self._refusal = self._refusal, None
        self._refuse(*(refusal or (400, "not_http", "the request is no HTTP/1.1")))

    def waiting_since(self) -> float:
        """Return since when its sender is to read an answer or to send a whole request; infinity if it is our turn."""
        if self._unsent_since is not None:
            return self._unsent_since
        if self._is_deaf or self._is_our_turn():
            return math.inf
        return self._answer_time if self._begin_time is None else self._begin_time

    def make_room(self) -> None:
        """Refuse it because there are too many."""
        if self._unsent_since is not None:
            return self._drop("connections")
        most = self._all.limits.max_connections
        self._refuse(503, "connections", f"{most} connections are open; send it again later")

    def close_if_older(self, latest: float) -> None:
        """End it if a request that began before ``latest`` is not whole, or an answer of before is not read."""
        if not self.transport.get_write_buffer_size():
            self._unsent_since = None
        elif self._unsent_since is None:
            self._unsent_since = self.loop.time()
        elif self._unsent_since <= latest:
            return self._drop("unread")
        if self._begin_time is None or self._begin_time > latest or self.transport.is_closing() or self._is_our_turn():
            return
        seconds = self._all.limits.request_seconds
        what = "head" if self._in_head else "body"
        self._refuse(408, "slow", f"the request's {what} was not whole after {seconds:g} s")

    def _too_large(self) -> tuple[int, str, str]:
        limits = self._all.limits
        bounds = f"{limits.max_headers} headers of {limits.max_header_bytes} bytes in all"
        return 431, "headers_too_large", f"{bounds} is the limit"

    def _is_our_turn(self) -> bool:
        """Return whether a whole request is being answered."""
        return bool(self.pipeline) or (self._in_head and self._is_answering())

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, status: int, reason: str, detail: str) -> None:
        """Read no more, answer if it is this request's turn, and close once all before it are answered."""
        self._begin_time = None
        self._is_deaf = True
        self._all.on_refusal(reason)
        if self._in_head and self._is_answering():
            self.cycle.keep_alive = False  # uvicorn closes after its answer
            return
        self._forsake()
        if self._in_head or not (self.pipeline or self.cycle.response_started):
            body = orjson.dumps({"reason": reason, "detail": detail})
            head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n"
            later = b"retry-after: 5\r\n" if status == 503 else b""
            self.transport.write(b"".join((STATUS_LINE[status], later, head % len(body), b"\r\n", body)))
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Close when the sender does: to one that still sends, TCP takes back an answer that it has not read."""
        self._linger_since = self.loop.time()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._all.linger(self)

    def end_if_lingered(self, latest: float) -> None:
        """End it if it was refused before ``latest``."""
        if self._linger_since <= latest:
            self.end()

    def end(self) -> None:
        """End it at once, without what its sender has not read."""
        self.transport.abort()

    def _drop(self, reason: str) -> None:
        """End it at once, without what is not sent: a connection that closes waits until all is read."""
        self._is_deaf = True
        self._all.on_refusal(reason)
        self._forsake()
        self.end()

    def _forsake(self) -> None:
        """Notify every request that its sender has gone; uvicorn notifies the latest only, and too late."""
        latest = [] if self.cycle is None else [self.cycle]
        for cycle in (*self._unanswered, *latest):
            if not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_COUNTED)

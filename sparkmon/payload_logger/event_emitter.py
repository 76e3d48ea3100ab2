"""An emitter that does not block its caller: a bounded queue, and a thread that sends its events over HTTP."""

import asyncio
import atexit
import contextlib
import logging
import os
import threading
import time
import weakref
from collections.abc import Mapping
from urllib.parse import urlsplit

from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.payload_logger.event_queue import EmittedEvent, EmitterCounts, EventQueue
from sparkmon.secret import Secret

try:
    from sparkmon.payload_logger.event_client import EventClient, without_userinfo
except ImportError as error:
    raise MissingExtraError.of(str(error.name), "serving") from error

logger = logging.getLogger(__name__)

_LINGER_S = 0.02
_REPORT_S = 10.0
_NOTHING: Mapping[str, str] = {}
_copied_by_forks: list[object] = []


class EventEmitter:
    """Posts CloudEvents to a receiver, a Knative broker or a KafkaSink from its own thread.

    Parameters
    ----------
    url : str
        Where to post; http or https.
    queue_size : int
        Events that may wait or be in flight; more are dropped and counted.
    queue_bytes : int
        Bytes of their headers and bodies.
    batch_size : int
        Events in one request. 1 posts each in binary mode, as KServe's agent does and every sink understands. A larger
        size posts batched JSON, up to 1 MiB of events, after a linger of 20 ms: ``sparkmon receive`` reads it, Knative
        does not. A refused batch is sent again event by event.
    in_flight : int
        Concurrent requests. 1 keeps the order; with more, a response may overtake its request.
    timeout_s : float
        Time-out of one request, from the connection to the end of the answer.
    max_retry_s : float
        An event emitted longer ago is not retried.
    headers : mapping
        Sent with each request.
    token : Secret, optional
        The bearer token that ``sparkmon receive`` requires; the first line is sent, and read for each request.

    Raises OptionError: an option is out of its range.

    Notes
    -----
    A request is retried if the sink refuses connections, times out, or answers 408, 425, 429 or 5xx (with a token also
    401): after 0.1 s, then after twice as long each time up to 10 s, with jitter. ``Retry-After`` delays all requests,
    for at most 60 s. Any other answer except 2xx is final. A request whose answer was lost is sent twice: a sink may
    get an event twice, under the same id and type.

    Nothing is lost silently: drops and retries are counted, and logged every 10 s while there are any. The queue is in
    memory: call ``close`` before the process ends. A normal exit of the interpreter does so, a signal does not.

    Thread-safe. After a fork the child has an empty queue, zero counts and, from its first event on, its own thread;
    the queued events stay with the parent.

    Examples
    --------
    >>> emitter = EventEmitter("http://127.0.0.1:9/", queue_size=1)
    >>> emitter.emit({"Ce-Id": "1"}, b"{}"), emitter.emit({"Ce-Id": "2"}, b"{}")
    (True, False)
    >>> emitter.close(timeout_s=0), emitter.counts().dropped
    (1, {'queue_full': 1})
    """

    _thread: threading.Thread | None
    _loop: asyncio.AbstractEventLoop | None
    _main: asyncio.Task[None] | None

    def __init__(
        self,
        url: str,
        *,
        queue_size: int = 10_000,
        queue_bytes: int = 64 * 2**20,
        batch_size: int = 1,
        in_flight: int = 16,
        timeout_s: float = 10.0,
        max_retry_s: float = 600.0,
        headers: Mapping[str, str] = _NOTHING,
        token: Secret | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OptionError.malformed("url", without_userinfo(url), "http://HOST:PORT/PATH or https://HOST/PATH")
        if token is not None and parts.username is not None:
            raise OptionError("got a token and a url with a user name; a request can carry only one of them")
        for name, value, least, most in (
            ("queue_size", queue_size, 1, 10**7),
            ("queue_bytes", queue_bytes, 1, 2**40),
            ("batch_size", batch_size, 1, 1000),
            ("in_flight", in_flight, 1, 1000),
            ("timeout_s", timeout_s, 0.001, 3600),
            ("max_retry_s", max_retry_s, 0, 7 * 86400),
        ):
            if not least <= value <= most:
                raise OptionError.malformed(name, value, f"{least} to {most}")
        self.url = url
        self._shown_url = without_userinfo(url)
        self._bounds = (queue_size, queue_bytes)
        self._batch_size, self._in_flight = batch_size, in_flight
        self._client = (url, dict(headers), timeout_s, max_retry_s, token)
        self._begin()
        alive = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _begin_in_child(alive))

    def emit(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Queue one event and return at once; False if the event is dropped, which is counted.

        ``headers`` are the event in binary mode, ``Ce-*`` attributes and ``Content-Type``; ``body`` is sent unchanged.
        """
        if self._thread is None:
            self._start()
        return self._queue.put(EmittedEvent(headers, body, time.monotonic()))

    def counts(self) -> EmitterCounts:
        """Return the counts of events so far."""
        return self._queue.counts()

    def close(self, timeout_s: float = 30.0) -> int:
        """Stop accepting events, send the queued ones for at most ``timeout_s``, and return how many remain unsent.

        Unsent events are logged and stay counted as queued. A second call returns the same number.
        """
        self._queue.close()
        with self._lock:
            thread, loop, main = self._thread, self._loop, self._main
            self._thread = self._thread or threading.current_thread()  # no thread starts any more
        if loop is not None and main is not None and thread is not None and thread.is_alive():
            thread.join(timeout_s)
            with contextlib.suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(main.cancel)
            thread.join()
            unsent = self.counts().queued
            if unsent:
                logger.warning("%d events for %s are unsent", unsent, self._shown_url)
        atexit.unregister(self.close)
        return self.counts().queued

    def _begin(self) -> None:
        """Set the initial state."""
        self._lock = threading.Lock()
        self._queue = EventQueue(*self._bounds)
        self._thread = self._loop = self._main = None

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            self._loop = asyncio.new_event_loop()
            self._main = self._loop.create_task(self._serve(self._loop))
            self._thread = threading.Thread(
                target=_run, args=[self._loop, self._main], name="sparkmon-emitter", daemon=True
            )
            self._thread.start()
            atexit.register(self.close)

    async def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send until the emitter is closed and its queue is empty, or until cancelled."""
        client = EventClient(self._queue, *self._client)
        report = loop.create_task(self._report())
        deliveries: set[asyncio.Task[None]] = set()
        try:
            while (events := await self._next(loop)) is not None:
                task = loop.create_task(client.deliver(events))
                deliveries.add(task)
                task.add_done_callback(deliveries.discard)
                if len(deliveries) == self._in_flight:
                    await asyncio.wait(deliveries, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.gather(*deliveries)
        finally:
            for task in (report, *deliveries):
                task.cancel()
            await asyncio.gather(report, *deliveries, return_exceptions=True)
            await client.close()

    async def _next(self, loop: asyncio.AbstractEventLoop) -> list[EmittedEvent] | None:
        """Wait for the next events to send; None once the queue is closed and empty."""
        arrived = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(arrived.set)

        while (events := self._queue.take(self._batch_size, wake)) == []:
            await arrived.wait()
            arrived.clear()
            if self._batch_size > 1:
                await asyncio.sleep(_LINGER_S)
        return events

    async def _report(self) -> None:
        """Log new drops and retries every 10 s, and at the end."""
        before = self.counts()
        running = True
        while running:
            try:
                await asyncio.sleep(_REPORT_S)
            except asyncio.CancelledError:
                running = False
            now = self.counts()
            if (now.dropped, now.retried) != (before.dropped, before.retried):
                logger.warning(
                    "%s: %d of %d events delivered, dropped %s, retried %d, %d queued",
                    *(self._shown_url, now.delivered, now.emitted, now.dropped),
                    *(now.retried, now.queued),
                )
            before = now


def _run(loop: asyncio.AbstractEventLoop, main: asyncio.Task[None]) -> None:
    try:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(main)
    finally:
        loop.close()


def _begin_in_child(alive: weakref.ref[EventEmitter]) -> None:
    emitter = alive()
    if emitter is not None:
        # The copied loop shares descriptors with the parent's: its collection would close them.
        _copied_by_forks.append((emitter._loop, emitter._main))
        emitter._begin()

"""The HTTP receiver: takes the events of KServe's logger and answers 202 when they are on disk.

KServe's logger sends each event once and never again, so an answer is a promise: the event's block is written and
fsynced before the sender hears 202.

==========  ==============================================================================================
answer      when
==========  ==============================================================================================
202         the event is on disk; also one with broken attributes, which is kept as a dead letter
400         the request is no CloudEvent at all, a batch that is no JSON array, or no HTTP/1.1
401         the request does not show the bearer token
408         the request took longer than ``request_seconds`` to come, or its body comes too slowly
413         the body is larger than ``max_event_bytes``, or a batch has too many events
429         the sender, or all of them, send more events a second than is allowed; ``Retry-After`` is set
431         there are more headers than ``max_headers``, or more bytes of them than ``max_header_bytes``
503         too much is pending, the disk is full or failed, there are too many connections, or the
            token cannot be read; ``Retry-After`` is set
==========  ==============================================================================================

Each refusal is counted by its reason in ``sparkmon_receiver_refused_total``.

Events are posted to any path, in binary or structured mode, or as a batch (``application/cloudevents-batch+json``, 1000
events at most). A batch is acknowledged once all of it is on disk, and refused whole; in it, each event is judged by
itself. An event that was delivered twice is kept twice. POSIX only.

``GET /health`` reports its health and ``GET /metrics`` its counters. Neither requires the token: probes have none,
and a scraper that held it could post. Metrics are numbers, under names that are fixed here: no model, no path, nothing
that a sender chose. Without the token ``/health`` says no more than whether events are kept.
"""

import asyncio
import ctypes
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeAlias

import uvicorn
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sparkmon.errors import OptionError
from sparkmon.inbound import BodyRoom, ConnectionLimits, Connections
from sparkmon.listening import listen
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.receiver.endpoint import Endpoint
from sparkmon.receiver.group_commit import GroupCommit
from sparkmon.receiver.metrics import ReceiverMetrics
from sparkmon.receiver.settings import ReceiverSettings
from sparkmon.receiver.tls import keep_certificate, tls_context
from sparkmon.receiver.token_check import TokenCheck

_DRAIN_S = 10
_M_MMAP_THRESHOLD = -3
"""glibc's number of the option, from ``malloc.h``: what is larger is memory of its own, and given back."""
_MAPPED_BYTES = 64 * 2**10
_Watch: TypeAlias = Callable[[], Coroutine[None, None, None]]


def create_app(settings: ReceiverSettings) -> ASGIApp:
    """Return the receiver as an ASGI application; its spool is open from now until the application shuts down.

    The bounds of connections (``max_connections``, ``max_headers``, ``request_seconds``) and TLS are the server's: see
    :func:`serve`.

    Raises OptionError if the token cannot be read, SpoolError if another process writes the spool.
    """
    return _make(settings, ReceiverMetrics())


def serve(settings: ReceiverSettings, on_start: Callable[[int], None] = lambda port: None) -> None:
    """Run a receiver until SIGTERM or SIGINT, from the main thread; ``on_start`` is given its port.

    On a signal it stops listening, finishes and answers what is pending (10 s at most), closes the spool and returns.

    Raises OptionError if the address cannot be listened on, or the token or the certificate cannot be read, SpoolError
    if another process writes the spool.
    """
    with suppress(AttributeError):  # of glibc alone
        # In the heap, bodies leave holes: of 390 MiB resident with 180 of 1 MiB, 67 were such, and 130 stayed.
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
    context = tls_context(settings)
    metrics = ReceiverMetrics()
    limits = ConnectionLimits(
        settings.max_connections, settings.max_headers, settings.max_header_bytes, settings.request_seconds
    )
    connections = Connections(limits, metrics.refuse)
    metrics.connections.set_function(lambda: len(connections.open))
    watches = [] if context is None else [partial(keep_certificate, context, settings)]
    config = uvicorn.Config(
        _make(settings, metrics, watches),
        http=connections.protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        proxy_headers=False,  # a sender could name any address as its own
        server_header=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    config.load()
    config.ssl = context
    # uvicorn raises a caught signal again once it is done; without a handler that would be the end of the process.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    with listen(settings.host, settings.port) as listening:
        on_start(listening.getsockname()[1])
        uvicorn.Server(config).run(sockets=[listening])


def _make(settings: ReceiverSettings, metrics: ReceiverMetrics, watches: Sequence[_Watch] = ()) -> ASGIApp:
    """Make the application; it runs the watches, which never end, from its start to its end."""
    token = None if settings.token is None else TokenCheck(settings.token)
    spool = SpoolWriter(settings.path, settings.segment_bytes, settings.limit_bytes)
    metrics.spool_bytes.set_function(lambda: spool.size_bytes)
    commit = GroupCommit(spool, settings, metrics)
    room = BodyRoom(settings.max_pending_bytes, settings.max_event_bytes, settings.max_pending_events)
    metrics.pending_events.set_function(lambda: room.events)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        commit.start()
        tasks = [asyncio.create_task(watch()) for watch in watches]
        yield
        for task in tasks:
            task.cancel()
        room.is_stopping = True
        await commit.stop()

    app = FastAPI(title="sparkmon receiver", openapi_url=None, lifespan=lifespan)

    @app.get("/health")
    async def health(request: Request) -> dict[str, Any]:
        """Report the receiver's health. Always 200: taking it out of service would not empty a full spool."""
        status = "degraded" if metrics.was_full or metrics.has_lost else "ok"
        if commit.last_error is not None:
            status = "failing"
        last = commit.last_commit_time
        details = {
            "error": commit.last_error,
            "spool_bytes": spool.size_bytes,
            "limit_bytes": spool.limit_bytes,
            "unread_removed_bytes": spool.unread_removed_bytes,
            "pending_events": room.events,
            "last_commit_time": None if last is None else last.isoformat(),
        }
        with suppress(OptionError):  # the token cannot be read at the moment
            if token is None or token.accepts(request.headers.raw):
                return {"status": status, **details}
        return {"status": status}

    @app.get("/metrics")
    async def prometheus() -> Response:
        """Count in Prometheus' text format."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    endpoint = Endpoint(settings, room, commit, metrics, token)
    # For other methods only: they are answered 405.
    app.router.routes.append(Route("/{path:path}", endpoint, methods=["POST"]))

    async def posts_first(scope: Scope, receive: Receive, send: Send) -> None:
        # Whatever their path holds: a route's pattern does not match a line break.
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        await (endpoint if is_post else app)(scope, receive, send)

    return posts_first

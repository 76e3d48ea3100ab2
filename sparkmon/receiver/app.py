"""The HTTP receiver: takes the events of KServe's logger and answers 202 when they are on disk.

KServe's logger sends each event once and never again, so an answer is a promise: the event's block is written and
fsynced before the sender hears 202.

==========  ==============================================================================================
answer      when
==========  ==============================================================================================
202         the event is on disk; also one with broken attributes, which is kept as a dead letter
400         the request is no CloudEvent at all, or a batch that is no JSON array
413         the body is larger than ``max_event_bytes``, or a batch has too many events
503         too much is pending, the spool is full, or the disk failed; ``Retry-After`` is set
==========  ==============================================================================================

Events are posted to any path, in binary or structured mode, or as a batch (``application/cloudevents-batch+json``, 1000
events at most). A batch is acknowledged once all of it is on disk, and refused whole; in it, each event is judged by
itself. ``GET /health`` tells how the receiver stands, ``GET /metrics`` counts. An event that
was delivered twice is kept twice. POSIX only.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sparkmon.errors import ProtocolError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.protocol.cloudevents import from_http
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.structured_batch import from_structured_batch, is_structured_batch
from sparkmon.receiver.group_commit import GroupCommit
from sparkmon.receiver.metrics import ReceiverMetrics
from sparkmon.receiver.pairing_buffer import PairingBuffer
from sparkmon.receiver.settings import ReceiverSettings
from sparkmon.records import Event

__all__ = ["create_app", "serve"]

_RETRY_AFTER_S = b"5"
_DRAIN_S = 10


def create_app(settings: ReceiverSettings) -> FastAPI:
    """Return the receiver as an ASGI application; its spool is open from now until the application shuts down.

    Raises
    ------
    SpoolError
        Another process writes the spool.
    """
    spool = SpoolWriter(settings.path, settings.segment_bytes, settings.limit_bytes)
    metrics = ReceiverMetrics()
    metrics.spool_bytes.set_function(lambda: spool.size_bytes)
    commit = GroupCommit(spool, settings, metrics)
    metrics.pending_events.set_function(lambda: commit.pending_events)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        commit.start()
        yield
        await commit.stop()

    app = FastAPI(title="sparkmon receiver", openapi_url=None, lifespan=lifespan)

    @app.get("/health")
    async def health() -> dict[str, Any]:
        """Tell how the receiver stands. Always 200: taking it out of service would not empty a full spool."""
        last = commit.last_commit_time
        return {
            "status": "ok" if commit.last_error is None else "failing",
            "error": commit.last_error,
            "spool_bytes": spool.size_bytes,
            "limit_bytes": spool.limit_bytes,
            "pending_events": commit.pending_events,
            "last_commit_time": None if last is None else last.isoformat(),
        }

    @app.get("/metrics")
    async def prometheus() -> Response:
        """Count in Prometheus' text format."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    endpoint = _Endpoint(settings, commit, metrics)
    app.router.routes.append(Route("/{path:path}", endpoint, methods=["POST"]))
    return app


def serve(settings: ReceiverSettings) -> None:
    """Run a receiver until SIGTERM or SIGINT, from the main thread.

    On a signal it stops listening, finishes and answers what is pending (10 s at most), closes the spool and returns.

    Raises
    ------
    SpoolError
        Another process writes the spool.
    """
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        lifespan="on",
        access_log=False,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    # uvicorn raises a caught signal again once it is done; without a handler that would be the end of the process.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    uvicorn.Server(config).run()


class _Endpoint:
    """The ASGI application behind POST: plain messages, for each event pays for what stands between."""

    def __init__(
        self, settings: ReceiverSettings, commit: GroupCommit, metrics: ReceiverMetrics
    ) -> None:
        self._most = settings.max_event_bytes
        self._limits = Limits(
            payload_bytes=settings.max_event_bytes,
            batch_events=min(DEFAULT_LIMITS.batch_events, settings.max_pending_events),
        )
        self._commit = commit
        self._metrics = metrics
        self._pairing = PairingBuffer(settings.pair_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = _content_length(scope)
        if size is not None and size > self._most:
            await self._refuse(
                send, 413, "too_large", f"got {size} bytes; {self._most} is the limit"
            )
            return
        reserved = self._most if size is None else size
        if not self._commit.reserve(reserved):
            reason = "stopping" if self._commit.stopping else "pending_full"
            await self._refuse(
                send, 503, reason, "too many events are pending; send it again later"
            )
            return
        try:
            body = await _read_body(receive, self._most)
            if body is None:
                return
            if len(body) > self._most:
                await self._refuse(send, 413, "too_large", f"{self._most} bytes is the limit")
                return
            if is_structured_batch(scope["headers"]):
                await self._take_batch(body, send)
            else:
                await self._take(scope, body, send)
        finally:
            self._commit.release(reserved)

    async def _take(self, scope: Scope, body: bytes, send: Send) -> None:
        now = datetime.now(timezone.utc)
        event = from_http(scope["headers"], body, received_time=now, limits=self._limits)
        letter = event.dead_letter
        if letter is not None and letter.condition == "NOT_A_CLOUDEVENT":
            await self._refuse(send, 400, "not_a_cloudevent", letter.reason)
            return
        await self._store([event], send)

    async def _take_batch(self, body: bytes, send: Send) -> None:
        now = datetime.now(timezone.utc)
        try:
            events = from_structured_batch(body, received_time=now, limits=self._limits)
        except ProtocolError as error:
            if error.condition == "BATCH_NOT_JSON":
                await self._refuse(send, 400, "not_a_batch", str(error))
            else:
                await self._refuse(send, 413, "too_large", str(error))
            return
        # Room for one was made when the request came.
        more = max(0, len(events) - 1)
        if not self._commit.reserve(0, more):
            await self._refuse(send, 503, "pending_full", "too many events are pending")
            return
        try:
            await self._store(events, send)
        finally:
            self._commit.release(0, more)

    async def _store(self, events: list[Event], send: Send) -> None:
        events = [self._pairing.pair(event) for event in events]
        error = await self._commit.store(events) if events else None
        if error is not None:
            reason = "spool_full" if str(error).startswith("[SPOOL_FULL]") else "disk_failed"
            await self._refuse(send, 503, reason, str(error))
            return
        for event in events:
            self._count(event)
        await _answer(send, 202, b"")

    def _count(self, event: Event) -> None:
        kind = event.event_type if event.event_type in ("request", "response") else "other"
        self._metrics.events.labels(kind).inc()
        self._metrics.received_bytes.inc(len(event.payload))
        if event.dead_letter is not None:
            self._metrics.dead_letters.labels(event.dead_letter.condition).inc()
        if event.request_payload is not None:
            self._metrics.paired.inc()

    async def _refuse(self, send: Send, status: int, reason: str, detail: str) -> None:
        self._metrics.refused.labels(reason).inc()
        headers = [(b"content-type", b"application/json")]
        if status == 503:
            headers.append((b"retry-after", _RETRY_AFTER_S))
        if status != 400:
            headers.append((b"connection", b"close"))  # the rest of the body is not worth reading
        await _answer(send, status, orjson.dumps({"reason": reason, "detail": detail}), headers)


def _content_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None


async def _read_body(receive: Receive, most: int) -> bytes | None:
    """Read a body up to the first chunk beyond ``most`` bytes; None when the sender has gone."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return bytes(message["body"])
    parts: list[bytes] = []
    size = 0
    while message["type"] == "http.request":
        parts.append(message["body"])
        size += len(message["body"])
        if size > most or not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
    return None


async def _answer(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send(
        {"type": "http.response.start", "status": status, "headers": [length, *(headers or [])]}
    )
    await send({"type": "http.response.body", "body": body})

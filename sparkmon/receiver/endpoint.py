"""The ASGI application behind POST: plain ASGI messages, because every layer between costs time per event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

import orjson
from starlette.types import Receive, Scope, Send

from sparkmon.errors import OptionError, ProtocolError
from sparkmon.protocol.cloudevents import from_http
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.structured_batch import from_structured_batch, is_structured_batch
from sparkmon.receiver.group_commit import GroupCommit
from sparkmon.receiver.metrics import ReceiverMetrics
from sparkmon.receiver.pairing_buffer import PairingBuffer
from sparkmon.receiver.rate_limit import RateLimit
from sparkmon.receiver.settings import ReceiverSettings
from sparkmon.receiver.token_check import TokenCheck
from sparkmon.records import Event

_RETRY_AFTER_S = 5


class Endpoint:
    """Takes events, or says why not; see :mod:`sparkmon.receiver.app` for the answers.

    Parameters
    ----------
    settings : ReceiverSettings
        The bounds.
    commit : GroupCommit
        Where events go.
    metrics : ReceiverMetrics
        Told of each event and refusal.
    token : TokenCheck or None
        Asked of each request, if there is one.
    """

    def __init__(
        self,
        settings: ReceiverSettings,
        commit: GroupCommit,
        metrics: ReceiverMetrics,
        token: TokenCheck | None,
    ) -> None:
        self._most = settings.max_event_bytes
        self._limits = Limits(
            payload_bytes=settings.max_event_bytes,
            batch_events=min(DEFAULT_LIMITS.batch_events, settings.max_pending_events),
            headers=settings.max_headers,
            header_bytes=settings.max_header_bytes,
        )
        self._commit = commit
        self._metrics = metrics
        self._token = token
        self._rates: RateLimit | None = None
        if settings.max_events_per_second or settings.max_client_events_per_second:
            self._rates = RateLimit(
                settings.max_events_per_second,
                settings.max_client_events_per_second,
                settings.max_clients,
            )
        self._pairing = PairingBuffer(settings.pair_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if await self._is_refused_unseen(scope, send):
            return
        size = _content_length(scope)
        if size is not None and size > self._most:
            detail = f"got {size} bytes; {self._most} is the limit"
            await self._refuse(send, 413, "too_large", detail)
            return
        reserved = self._most if size is None else size
        if not self._commit.reserve(reserved):
            reason = "stopping" if self._commit.stopping else "pending_full"
            detail = "too many events are pending; send it again later"
            await self._refuse(send, 503, reason, detail)
            return
        try:
            body = await _read_body(receive, self._most)
            if body is None:
                return
            if len(body) > self._most:
                await self._refuse(send, 413, "too_large", f"{self._most} bytes is the limit")
            elif is_structured_batch(scope["headers"]):
                await self._take_batch(scope, body, send)
            else:
                await self._take(scope, body, send)
        finally:
            self._commit.release(reserved)

    async def _is_refused_unseen(self, scope: Scope, send: Send) -> bool:
        """Refuse a sender without the token, or with too many events; the body has not been looked at."""
        try:
            if self._token is not None and not self._token.accepts(scope["headers"]):
                detail = "got no bearer token that is known here; send Authorization: Bearer TOKEN"
                await self._refuse(send, 401, "unauthorized", detail)
                return True
        except OptionError as error:
            await self._refuse(send, 503, "token_unreadable", str(error))
            return True
        if self._rates is None:
            return False
        client = _client(scope)
        excess = self._rates.excess(client)
        if excess is None:
            self._rates.take(client)
            return False
        detail = "too many events a second; send it again later"
        await self._refuse(send, 429, excess.reason, detail, retry_after_s=excess.retry_after_s)
        return True

    async def _take(self, scope: Scope, body: bytes, send: Send) -> None:
        now = datetime.now(timezone.utc)
        event = from_http(scope["headers"], body, received_time=now, limits=self._limits)
        letter = event.dead_letter
        if letter is not None and letter.condition == "NOT_A_CLOUDEVENT":
            await self._refuse(send, 400, "not_a_cloudevent", letter.reason)
            return
        await self._store([event], send)

    async def _take_batch(self, scope: Scope, body: bytes, send: Send) -> None:
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
        if self._rates is not None:
            self._rates.take(_client(scope), more)
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

    async def _refuse(
        self,
        send: Send,
        status: int,
        reason: str,
        detail: str,
        *,
        retry_after_s: int = _RETRY_AFTER_S,
    ) -> None:
        self._metrics.refused.labels(reason).inc()
        headers = [(b"content-type", b"application/json")]
        if status in (429, 503):
            headers.append((b"retry-after", b"%d" % retry_after_s))
        if status == 401:
            headers.append((b"www-authenticate", b'Bearer realm="sparkmon"'))
        if status != 400:
            headers.append((b"connection", b"close"))  # the rest of the body is not worth reading
        await _answer(send, status, orjson.dumps({"reason": reason, "detail": detail}), headers)


def _client(scope: Scope) -> str:
    client = scope["client"]
    return "" if client is None else str(client[0])


def _content_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else None
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
    send: Send, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})

"""The ASGI application behind POST: plain ASGI messages, because every layer between costs time per event."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import NamedTuple

import orjson
from starlette.types import Receive, Scope, Send

from sparkmon.errors import OptionError, ProtocolError
from sparkmon.protocol.cloudevents import from_http
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.structured_batch import from_structured_batch, is_structured_batch
from sparkmon.receiver.admission import Admission, Arrival
from sparkmon.receiver.group_commit import GroupCommit
from sparkmon.receiver.metrics import ReceiverMetrics
from sparkmon.receiver.pairing_buffer import PairingBuffer
from sparkmon.receiver.rate_limit import RateLimit
from sparkmon.receiver.settings import ReceiverSettings
from sparkmon.receiver.token_check import TokenCheck
from sparkmon.records import Event

_PACE_S = 10.0
_PACE_BYTES = 160 * 2**10
"""A body brings as much in each stretch of this length, or ends; one that does not is refused."""
_NO_ROOM = {
    "pending_full": "too many events are pending; send it again later",
    "stopping": "the receiver is stopping; send it again later",
    "unfinished_full": "too much of bodies that are not whole is pending; send it again later",
}


class _Refusal(NamedTuple):
    status: int
    reason: str
    detail: str
    retry_after_s: int = 5


_TOO_SLOW = _Refusal(
    408, "slow", f"less than {_PACE_BYTES} bytes of the body came in {_PACE_S:g} s"
)


class Endpoint:
    """Takes events, or says why not; see :mod:`sparkmon.receiver.app` for the answers."""

    def __init__(
        self,
        settings: ReceiverSettings,
        admission: Admission,
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
        self._admission = admission
        self._commit = commit
        self._metrics = metrics
        self._token = token
        self._rates = RateLimit(
            settings.max_events_per_second,
            settings.max_client_events_per_second,
            settings.max_clients,
        )
        self._pairing = PairingBuffer(settings.pair_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        with Arrival(self._admission, _client(scope)) as arrival:
            refusal = self._refuse_unseen(scope, arrival)
            if refusal is None:
                body = await self._read_body(receive, arrival)
                if body is None:
                    return
                refusal = (
                    body if isinstance(body, _Refusal) else await self._take(scope, body, arrival)
                )
        await self._answer(send, refusal)

    def _refuse_unseen(self, scope: Scope, arrival: Arrival) -> _Refusal | None:
        """Refuse a request whose body has not been looked at, or take room for its event."""
        try:
            if self._token is not None and not self._token.accepts(scope["headers"]):
                detail = "got no bearer token that is known here; send Authorization: Bearer TOKEN"
                return _Refusal(401, "unauthorized", detail)
        except OptionError as error:
            return _Refusal(503, "token_unreadable", str(error))
        client = _client(scope)
        excess = self._rates.excess(client)
        if excess is not None:
            detail = "too many events a second; send it again later"
            return _Refusal(429, excess.reason, detail, excess.retry_after_s)
        self._rates.take(client)
        size = _content_length(scope)
        if size > self._most:
            return _Refusal(413, "too_large", f"got {size} bytes; {self._most} is the limit")
        return _no_room(arrival.add_events(1))

    async def _read_body(self, receive: Receive, arrival: Arrival) -> bytes | _Refusal | None:
        """Read a body as long as there is room for it; None when the sender has gone."""
        loop = asyncio.get_running_loop()
        parts: list[bytes] = []
        size = size_before = 0
        begin_time = loop.time()
        more = True
        while more:
            try:
                # Most bodies are whole with their first piece: it needs no timer.
                message = await asyncio.wait_for(receive(), _PACE_S if parts else None)
            except asyncio.TimeoutError:
                return _TOO_SLOW
            if message["type"] != "http.request":
                return None
            more = message.get("more_body", False)
            part = message["body"]
            size += len(part)
            if more and loop.time() - begin_time > _PACE_S:
                if size - size_before < _PACE_BYTES:
                    return _TOO_SLOW
                begin_time, size_before = loop.time(), size
            if size > self._most:
                return _Refusal(413, "too_large", f"{self._most} bytes is the limit")
            refusal = _no_room(arrival.add_bytes(len(part), is_last=not more))
            if refusal is not None:
                return refusal
            parts.append(part)
        return b"".join(parts)

    async def _take(self, scope: Scope, body: bytes, arrival: Arrival) -> _Refusal | None:
        now = datetime.now(timezone.utc)
        if is_structured_batch(scope["headers"]):
            return await self._take_batch(scope, body, now, arrival)
        event = from_http(scope["headers"], body, received_time=now, limits=self._limits)
        letter = event.dead_letter
        if letter is not None and letter.condition == "NOT_A_CLOUDEVENT":
            return _Refusal(400, "not_a_cloudevent", letter.reason)
        return await self._store([event])

    async def _take_batch(
        self, scope: Scope, body: bytes, now: datetime, arrival: Arrival
    ) -> _Refusal | None:
        try:
            events = from_structured_batch(body, received_time=now, limits=self._limits)
        except ProtocolError as error:
            if error.condition == "BATCH_NOT_JSON":
                return _Refusal(400, "not_a_batch", str(error))
            return _Refusal(413, "too_large", str(error))
        more = max(0, len(events) - 1)  # room for one was taken when the request came
        refusal = _no_room(arrival.add_events(more))
        if refusal is not None:
            return refusal
        self._rates.take(_client(scope), more)
        return await self._store(events)

    async def _store(self, events: list[Event]) -> _Refusal | None:
        events = [self._pairing.pair(event) for event in events]
        error = await self._commit.store(events) if events else None
        if error is not None:
            reason = "spool_full" if str(error).startswith("[SPOOL_FULL]") else "disk_failed"
            return _Refusal(503, reason, str(error))
        for event in events:
            self._count(event)
        return None

    def _count(self, event: Event) -> None:
        kind = event.event_type if event.event_type in ("request", "response") else "other"
        self._metrics.events.labels(kind).inc()
        self._metrics.received_bytes.inc(len(event.payload))
        if event.dead_letter is not None:
            self._metrics.dead_letters.labels(event.dead_letter.condition).inc()
        if event.request_payload is not None:
            self._metrics.paired.inc()

    async def _answer(self, send: Send, refusal: _Refusal | None) -> None:
        status, body, headers = 202, b"", []
        if refusal is not None:
            status = refusal.status
            self._metrics.refuse(refusal.reason)
            body = orjson.dumps({"reason": refusal.reason, "detail": refusal.detail})
            headers.append((b"content-type", b"application/json"))
            if status in (429, 503):
                headers.append((b"retry-after", b"%d" % refusal.retry_after_s))
            if status == 401:
                headers.append((b"www-authenticate", b'Bearer realm="sparkmon"'))
            if status != 400:
                # The rest of the body is not worth reading.
                headers.append((b"connection", b"close"))
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _client(scope: Scope) -> str:
    client = scope.get("client")
    return "" if client is None else str(client[0])


def _content_length(scope: Scope) -> int:
    """Return what a request announces; 0 if it does not."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else 0
    return 0


def _no_room(reason: str | None) -> _Refusal | None:
    return None if reason is None else _Refusal(503, reason, _NO_ROOM[reason])

"""The ASGI application behind POST: plain ASGI messages, because every layer between costs time per event."""

from datetime import datetime, timezone

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from sparkmon.errors import OptionError, ProtocolError
from sparkmon.inbound import Arrival, BodyRoom, Refusal
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


class Endpoint:
    """Takes events, or says why not; see :mod:`sparkmon.receiver.app` for the answers."""

    def __init__(
        self,
        settings: ReceiverSettings,
        room: BodyRoom,
        commit: GroupCommit,
        metrics: ReceiverMetrics,
        token: TokenCheck | None,
    ) -> None:
        self._limits = Limits(
            payload_bytes=settings.max_event_bytes,
            batch_events=min(DEFAULT_LIMITS.batch_events, settings.max_pending_events),
            headers=settings.max_headers,
            header_bytes=settings.max_header_bytes,
        )
        self._room = room
        self._commit = commit
        self._metrics = metrics
        self._token = token
        self._rates = RateLimit(
            settings.max_events_per_second, settings.max_client_events_per_second, settings.max_clients
        )
        self._pairing = PairingBuffer(settings.pair_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        with Arrival(self._room, scope) as arrival:
            outcome = self._refuse_unseen(scope, arrival) or await self._events(scope, receive, arrival)
            if outcome is None:
                return
            refusal = outcome if isinstance(outcome, Refusal) else await self._store(outcome)
        await self._answer(send, refusal)

    def _refuse_unseen(self, scope: Scope, arrival: Arrival) -> Refusal | None:
        """Refuse a request whose body has not been looked at, or take room for its event."""
        try:
            if self._token is not None and not self._token.accepts(scope["headers"]):
                detail = "got no bearer token that is known here; send Authorization: Bearer TOKEN"
                return Refusal(401, "unauthorized", detail)
        except OptionError as error:
            return Refusal(503, "token_unreadable", str(error))
        excess = self._rates.excess(arrival.client)
        if excess is None:
            self._rates.take(arrival.client)
        return excess or arrival.add_events(1)

    async def _events(self, scope: Scope, receive: Receive, arrival: Arrival) -> list[Event] | Refusal | None:
        """Read the events of a request, or why they are refused; None when the sender has gone."""
        body = await arrival.read(receive, Headers(scope=scope).get("content-length"))
        if not isinstance(body, bytes):
            return body
        now = datetime.now(timezone.utc)
        if not is_structured_batch(scope["headers"]):
            event = from_http(scope["headers"], body, received_time=now, limits=self._limits)
            letter = event.dead_letter
            if letter is not None and letter.condition == "NOT_A_CLOUDEVENT":
                return Refusal(400, "not_a_cloudevent", letter.reason)
            return [event]
        try:
            events = from_structured_batch(body, received_time=now, limits=self._limits)
        except ProtocolError as error:
            if error.condition == "BATCH_NOT_JSON":
                return Refusal(400, "not_a_batch", str(error))
            return Refusal(413, "too_large", str(error))
        more = max(0, len(events) - 1)  # room for one was taken when the request came
        refusal = arrival.add_events(more)
        if refusal is None:
            self._rates.take(arrival.client, more)
        return refusal or events

    async def _store(self, events: list[Event]) -> Refusal | None:
        events = [self._pairing.pair(event) for event in events]
        error = await self._commit.store(events) if events else None
        if error is not None:
            reason = "spool_full" if str(error).startswith("[SPOOL_FULL]") else "disk_failed"
            return Refusal(503, reason, str(error))
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

    async def _answer(self, send: Send, refusal: Refusal | None) -> None:
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

"""Delivery of events over HTTP: one request per batch, with retries."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from urllib.parse import urlsplit

import aiohttp

from sparkmon.backoff import Backoff, is_temporary, retry_after_s
from sparkmon.errors import OptionError
from sparkmon.payload_logger.event_queue import EmittedEvent, EventQueue
from sparkmon.protocol.structured_batch import BATCH_TYPE, to_structured_batch
from sparkmon.secret import Secret

logger = logging.getLogger(__name__)

_BACKOFF = Backoff(0.1, 10.0)
_LONGEST_RETRY_AFTER_S = 60.0
_ANSWER_BYTES = 2**16


class EventClient:
    """A keep-alive HTTP client that settles each event in its queue. Belongs to one event loop.

    With a token, 401 is retried, because the receiver may get the new token later.
    """

    def __init__(
        self,
        queue: EventQueue,
        url: str,
        headers: Mapping[str, str],
        timeout_s: float,
        max_retry_s: float,
        token: Secret | None = None,
    ) -> None:
        self._url = url
        self._shown_url = without_userinfo(url)
        self._token = token
        self._queue = queue
        self._max_retry_s = max_retry_s
        self._resume_time = 0.0
        self._session = aiohttp.ClientSession(
            headers={"User-Agent": "sparkmon", **headers},
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            # An event without a content type must arrive without one.
            skip_auto_headers=["Content-Type"],
        )

    async def deliver(self, events: Sequence[EmittedEvent]) -> None:
        """Send events until they are delivered, refused or too old; a refused batch is sent event by event."""
        outcome, pending = await self._send(events)
        if outcome in ("refused", "unsendable") and len(pending) > 1:
            for event in pending:
                outcome, one = await self._send([event])
                self._queue.settle(one, outcome)
        else:
            self._queue.settle(pending, outcome)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _send(self, events: Sequence[EmittedEvent]) -> tuple[str, Sequence[EmittedEvent]]:
        """Send until there is a final answer; return the outcome and its events."""
        failures = 0
        while True:
            await asyncio.sleep(max(0.0, self._resume_time - time.monotonic()))
            try:
                status = await self._post(events)
            except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
                status = 503
            except OptionError as error:
                logger.error("events for %s wait for a token: %s", self._shown_url, error)
                status = 503
            except (TypeError, ValueError):
                return "unsendable", events  # a line break or a lone surrogate in a header
            except Exception:
                # Any other error: these events are counted as failed, and the others can still be sent.
                logger.exception("%d events could not be sent to %s", len(events), self._shown_url)
                return "failed", events
            if 200 <= status < 300:
                return "delivered", events
            if not (is_temporary(status) or (status == 401 and self._token is not None)):
                return "refused", events
            await asyncio.sleep(_BACKOFF.pause_s(failures))
            failures += 1
            events = self._young(events)
            if not events:
                return "expired", events
            self._queue.retry(len(events))

    def _young(self, events: Sequence[EmittedEvent]) -> list[EmittedEvent]:
        oldest = time.monotonic() - self._max_retry_s
        self._queue.settle([event for event in events if event.time < oldest], "expired")
        return [event for event in events if event.time >= oldest]

    async def _post(self, events: Sequence[EmittedEvent]) -> int:
        if len(events) == 1:
            headers, body = events[0].headers, events[0].body
        else:
            headers = {"Content-Type": BATCH_TYPE}
            body = to_structured_batch((event.headers, event.body) for event in events)
        if self._token is not None:
            headers = {**headers, "Authorization": f"Bearer {self._token.read_token()}"}
        async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
            # Read the answer, so that the connection can be reused; a longer one closes it.
            await answer.content.read(_ANSWER_BYTES)
            if answer.status in (429, 503):
                now, header = datetime.now(timezone.utc), answer.headers.get("Retry-After")
                wait = retry_after_s(header, now, _LONGEST_RETRY_AFTER_S) or 0.0
                self._resume_time = max(self._resume_time, time.monotonic() + wait)
            return answer.status


def without_userinfo(url: str) -> str:
    """Return a URL without its user name and password, for the log.

    >>> without_userinfo("https://me:secret@sink.example:8443/events")
    'https://sink.example:8443/events'
    """
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

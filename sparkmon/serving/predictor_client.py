"""The predictor over HTTP: a pool of connections, a time-out, and its own words where it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp

from sparkmon.errors import ServingError
from sparkmon.serving.refusal import refusal
from sparkmon.serving.settings import PredictorSettings

__all__ = ["PredictorClient", "forwarded"]

_FORWARDED = frozenset({"authorization", "b3", "traceparent", "tracestate", "x-request-id"})
_FORWARDED_PREFIX = "x-b3-"
_CONNECT_S = 5.0
# Servers close idle connections after 5 s (uvicorn) or later: rather open a new one than meet a closed one.
_KEEP_ALIVE_S = 4.0


def forwarded(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return the caller's headers that go on to the predictor: those that identify, trace and authorise a request.

    Examples
    --------
    >>> forwarded({"x-request-id": "a", "host": "b", "x-b3-spanid": "c", "content-length": "3"})
    {'x-request-id': 'a', 'x-b3-spanid': 'c'}
    """
    return {
        name: value
        for name, value in (headers or {}).items()
        if name in _FORWARDED or name.startswith(_FORWARDED_PREFIX)
    }


class PredictorClient:
    """Posts requests to one predictor. Belongs to one event loop; opened by the first call, closed after use.

    kserve's own client spends more time per call the more calls wait, and answers 500 whatever the predictor said.

    Parameters
    ----------
    settings : PredictorSettings
        Where it is, how many calls at once, how long one may take.
    """

    def __init__(self, settings: PredictorSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[bytes, Mapping[str, str]]:
        """Return the body and the headers of the answer to a POST.

        A connection that the server closed meanwhile is tried once more: a question asked twice has one answer.

        Raises
        ------
        ServingError
            ``PREDICTOR_REFUSED`` with the predictor's status and body; ``PREDICTOR_UNREACHABLE``, 503;
            ``PREDICTOR_TIMEOUT``, 504.
        """
        for is_last in (False, True):
            try:
                return await self._post(path, body, headers)
            except aiohttp.ClientConnectorError as error:
                raise self._unreachable(error) from None
            except aiohttp.ClientError as error:
                if is_last:
                    raise self._unreachable(error) from None
        raise self._unreachable("no answer")

    async def is_ready(self, path: str) -> bool:
        """Tell whether the predictor answers a GET of its health page with 200, within 2 s."""
        try:
            async with self._opened().get(
                f"{self._settings.base_url}{path}", timeout=aiohttp.ClientTimeout(total=2.0)
            ) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False

    async def close(self) -> None:
        """Close the connections; more than once does no harm."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._settings.connections, keepalive_timeout=_KEEP_ALIVE_S
                ),
                timeout=aiohttp.ClientTimeout(
                    total=self._settings.timeout_s,
                    sock_connect=min(_CONNECT_S, self._settings.timeout_s),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=True,
                trust_env=False,
            )
        return self._session

    async def _post(
        self, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[bytes, Mapping[str, str]]:
        try:
            async with self._opened().post(
                f"{self._settings.base_url}{path}",
                data=body,
                headers=headers,
                allow_redirects=False,
            ) as answer:
                content = await answer.read()
                if answer.status != 200:
                    raise _refused(answer.status, content, answer.headers)
                return content, answer.headers
        except asyncio.TimeoutError:
            raise refusal(
                "PREDICTOR_TIMEOUT",
                504,
                f"the predictor {self._settings.host} did not answer within {self._settings.timeout_s:g} s",
            ) from None

    def _unreachable(self, why: object) -> ServingError:
        return refusal(
            "PREDICTOR_UNREACHABLE",
            503,
            f"the predictor {self._settings.host} cannot be reached ({why})",
            retry_after_s=1,
        )


def _refused(status: int, content: bytes, headers: Mapping[str, str]) -> ServingError:
    said = content[:200].decode("utf-8", "replace")
    # A status below 400 that is not 200 is no prediction either, and must not look like one.
    error = refusal(
        "PREDICTOR_REFUSED",
        status if status >= 400 else 502,
        f"the predictor said {status}: {said}",
    )
    error.body = content
    error.content_type = headers.get("content-type")
    wait = headers.get("retry-after", "")
    error.retry_after_s = int(wait) if wait.isdigit() and len(wait) < 6 else None
    return error

"""The predictor over HTTP: a connection pool, a time-out, and the predictor's own answer if it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp

from sparkmon.errors import ServingError
from sparkmon.serving.serving_error import serving_error
from sparkmon.serving.settings import PredictorSettings

_FORWARDED = frozenset({"authorization", "b3", "traceparent", "tracestate", "x-request-id"})
_FORWARDED_PREFIX = "x-b3-"
_CONNECT_S = 5.0
# Servers close idle connections after 5 s (uvicorn) or later: close them earlier.
_KEEP_ALIVE_S = 4.0


def forwarded(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return the caller's headers that are forwarded to the predictor: identity, tracing and authorisation.

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
    """Posts requests to one predictor. Belongs to one event loop; the first call connects.

    kserve's own client takes more time per call the more calls wait, and turns every error into 500.

    Parameters
    ----------
    settings : PredictorSettings
        Where it is, how many concurrent calls, and their time-out.
    """

    def __init__(self, settings: PredictorSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[bytes, Mapping[str, str]]:
        """Return the body and the headers of the answer to a POST.

        A call on a connection that the server has closed is retried once: predictions are idempotent.

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
        """Return whether the predictor answers a GET of its health endpoint with 200 within 2 s."""
        try:
            async with self._open_session().get(
                f"{self._settings.base_url}{path}", timeout=aiohttp.ClientTimeout(total=2.0)
            ) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False

    async def close(self) -> None:
        """Close the connections; idempotent."""
        if self._session is not None:
            await self._session.close()

    def _open_session(self) -> aiohttp.ClientSession:
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
            async with self._open_session().post(
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
            raise serving_error(
                "PREDICTOR_TIMEOUT",
                504,
                f"the predictor {self._settings.host} did not answer within {self._settings.timeout_s:g} s",
            ) from None

    def _unreachable(self, reason: object) -> ServingError:
        return serving_error(
            "PREDICTOR_UNREACHABLE",
            503,
            f"the predictor {self._settings.host} cannot be reached ({reason})",
            retry_after_s=1,
        )


def _refused(status: int, content: bytes, headers: Mapping[str, str]) -> ServingError:
    excerpt = content[:200].decode("utf-8", "replace")
    # A status below 400 other than 200 is no prediction either, and must not look like one.
    error = serving_error(
        "PREDICTOR_REFUSED",
        status if status >= 400 else 502,
        f"the predictor answered {status}: {excerpt}",
    )
    error.body = content
    error.content_type = headers.get("content-type")
    wait = headers.get("retry-after", "")
    error.retry_after_s = int(wait) if wait.isdigit() and len(wait) < 6 else None
    return error

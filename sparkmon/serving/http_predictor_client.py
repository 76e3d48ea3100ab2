"""The predictor over HTTP, V1 or V2: a connection pool, a time-out, and the predictor's own answer if it refuses."""

import asyncio
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import aiohttp
import orjson
from kserve import InferResponse

from sparkmon.errors import ServingError
from sparkmon.serving.answer import read_v1, read_v2
from sparkmon.serving.enricher import Enriched
from sparkmon.serving.feature_tensors import plain
from sparkmon.serving.predictor_request import v2_request
from sparkmon.serving.serving_error import serving_error
from sparkmon.serving.settings import TransformerSettings

_CONNECT_S = 5.0
_PING_S = 2.0
# Servers close idle connections after 5 s (uvicorn) or later: close them earlier.
_KEEP_ALIVE_S = 4.0
_HEAD_LENGTH = "inference-header-content-length"


class HttpPredictorClient:
    """Posts requests to one predictor.

    kserve's own client takes more time per call the more calls wait, and turns every error into 500.
    """

    def __init__(self, name: str, settings: TransformerSettings) -> None:
        self._name = name
        self._settings = settings
        scheme = "https" if settings.predictor_use_ssl else "http"
        self._url = f"{scheme}://{settings.predictor_host}"

    async def call(self, enriched: Enriched, headers: Mapping[str, str]) -> dict[str, Any] | InferResponse:
        """Return the predictor's answer; see :class:`sparkmon.serving.predictor.Predictor`."""
        settings = self._settings
        heads = {"content-type": "application/json", **headers}
        if settings.predictor_protocol == "v1":
            content = orjson.dumps(enriched.v1_body(settings), default=plain)
            answer, _ = await self._post(f"/v1/models/{self._name}:predict", content, heads)
            return read_v1(answer)
        body, head_length = v2_request(enriched, self._name, settings).to_rest()
        if head_length is None:
            content = orjson.dumps(body)
        else:
            content = body
            heads |= {"content-type": "application/octet-stream", _HEAD_LENGTH: str(head_length)}
        answer, fields = await self._post(f"/v2/models/{self._name}/infer", content, heads)
        return read_v2(answer, fields.get(_HEAD_LENGTH))

    async def is_ready(self) -> bool:
        """Return whether the predictor answers a GET of its health endpoint with 200 within 2 s."""
        paths = {"v1": f"/v1/models/{self._name}", "v2": f"/v2/models/{self._name}/ready"}
        url = f"{self._url}{paths[self._settings.predictor_protocol]}"
        try:
            timeout = aiohttp.ClientTimeout(total=_PING_S)
            async with self._session.get(url, timeout=timeout) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False

    async def close(self) -> None:
        """Close the connections; idempotent."""
        await self._session.close()

    @cached_property
    def _session(self) -> aiohttp.ClientSession:
        timeout_s = self._settings.predictor_request_timeout_seconds
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._settings.max_in_flight, keepalive_timeout=_KEEP_ALIVE_S),
            timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(_CONNECT_S, timeout_s)),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def _post(
        self, path: str, body: bytes, headers: Mapping[str, str], *, attempts: int = 2
    ) -> tuple[bytes, Mapping[str, str]]:
        """Return body and headers of the answer; a call on a connection that the server has closed is made again once.

        Predictions are idempotent, so that the second call does no harm.
        """
        host, url = self._settings.predictor_host, f"{self._url}{path}"
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                content = await answer.read()
        except asyncio.TimeoutError:
            seconds = self._settings.predictor_request_timeout_seconds
            reason = f"the predictor {host} did not answer within {seconds:g} s"
            raise serving_error("PREDICTOR_TIMEOUT", 504, reason) from None
        except aiohttp.ClientError as error:
            if attempts > 1 and not isinstance(error, aiohttp.ClientConnectorError):
                return await self._post(path, body, headers, attempts=attempts - 1)
            reason = f"the predictor {host} cannot be reached ({error})"
            raise serving_error("PREDICTOR_UNREACHABLE", 503, reason) from None
        if answer.status != 200:
            raise _refused(answer.status, content, answer.headers)
        return content, answer.headers


def _refused(status: int, content: bytes, headers: Mapping[str, str]) -> ServingError:
    reason = f"the predictor answered {status}: {content[:200].decode('utf-8', 'replace')}"
    # A status below 400 other than 200 is no prediction either, and must not look like one.
    error = serving_error("PREDICTOR_REFUSED", status if status >= 400 else 502, reason)
    error.body = content
    error.content_type = headers.get("content-type")
    wait = headers.get("retry-after", "")
    error.retry_after_s = int(wait) if wait.isdigit() and len(wait) < 6 else None
    return error

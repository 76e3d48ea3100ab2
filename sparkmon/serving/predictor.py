"""The predictor: called in its protocol, timed, and left alone for a while when it fails."""

import asyncio
from collections.abc import Mapping
from typing import Any

from kserve import InferResponse

from sparkmon.backoff import Backoff
from sparkmon.errors import ServingError
from sparkmon.serving.circuit import Circuit
from sparkmon.serving.enricher import Enriched
from sparkmon.serving.grpc_predictor_client import GrpcPredictorClient
from sparkmon.serving.http_predictor_client import HttpPredictorClient
from sparkmon.serving.metrics import TransformerMetrics
from sparkmon.serving.serving_error import serving_error
from sparkmon.serving.settings import TransformerSettings

_FORWARDED = frozenset({"authorization", "b3", "traceparent", "tracestate", "x-client-id", "x-request-id"})
_BACKOFF = Backoff(0.1, 2.0)
_FAILURES = {"PREDICTOR_UNREACHABLE": "unreachable", "PREDICTOR_TIMEOUT": "timeout"}


class Predictor:
    """The predictor of one model. Belongs to one event loop; the first call connects."""

    def __init__(self, name: str, settings: TransformerSettings, metrics: TransformerMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._circuit = Circuit(settings.circuit_failures, settings.circuit_open_ms / 1e3)
        is_grpc = settings.predictor_protocol == "grpc-v2"
        self._client = (GrpcPredictorClient if is_grpc else HttpPredictorClient)(name, settings)

    def check(self) -> None:
        """Raise ServingError if the predictor is not called at the moment."""
        if self._circuit.is_open:
            raise self._left_alone()

    async def call(self, enriched: Enriched, headers: Mapping[str, str]) -> dict[str, Any] | InferResponse:
        """Return the predictor's answer: a V1 body or a V2 response. Identity, tracing and authorisation are forwarded.

        Raises ServingError: ``PREDICTOR_REFUSED`` with the predictor's status, ``PREDICTOR_UNREACHABLE`` (503),
        ``PREDICTOR_TIMEOUT`` (504) or ``PREDICTOR_MALFORMED`` (502).
        """
        names = [name for name in headers if name in _FORWARDED or name.startswith("x-b3-")]
        forwarded = {name: headers[name] for name in names}
        for failures in range(self._settings.predictor_request_retries):
            try:
                return await self._call(enriched, forwarded)
            except ServingError as error:
                if error.condition != "PREDICTOR_UNREACHABLE" or self._circuit.is_open:
                    raise
            await asyncio.sleep(_BACKOFF.pause_s(failures))
        return await self._call(enriched, forwarded)

    async def _call(self, enriched: Enriched, headers: Mapping[str, str]) -> dict[str, Any] | InferResponse:
        if not self._circuit.permits():
            raise self._left_alone()
        try:
            with self._metrics.predictor_seconds.time():
                answer = await self._client.call(enriched, headers)
        except ServingError as error:
            reason = _FAILURES.get(error.condition)
            if reason is None:
                self._circuit.succeeded()  # a refusal is an answer
            else:
                self._circuit.failed()
                self._metrics.predictor_failures.labels(reason).inc()
            raise
        self._circuit.succeeded()
        return answer

    async def is_ready(self) -> bool:
        """Return whether the predictor is ready, if the settings say that this counts."""
        return not self._settings.enable_predictor_health_check or await self._client.is_ready()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _left_alone(self) -> ServingError:
        self._metrics.predictor_failures.labels("circuit_open").inc()
        reason = f"the predictor {self._settings.predictor_host} has failed and is not called for a while"
        return serving_error("PREDICTOR_UNREACHABLE", 503, reason)

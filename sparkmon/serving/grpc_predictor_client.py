"""The predictor over gRPC: one channel, a deadline, and the predictor's own code if it refuses."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import grpc
from kserve import InferResponse
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ServerReadyRequest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from sparkmon.serving.enricher import Enriched
from sparkmon.serving.predictor_request import v2_request
from sparkmon.serving.serving_error import HTTP_STATUSES, serving_error
from sparkmon.serving.settings import TransformerSettings

_OPTIONS = (
    ("grpc.max_receive_message_length", -1),  # any answer, as over HTTP
    # Reconnect within a second, not after gRPC's back-off of two minutes.
    ("grpc.max_reconnect_backoff_ms", 1000),
)
_PING_S = 2.0
_CONDITIONS = {503: "PREDICTOR_UNREACHABLE", 504: "PREDICTOR_TIMEOUT"}


class GrpcPredictorClient:
    """Calls ``ModelInfer`` of one predictor."""

    def __init__(self, name: str, settings: TransformerSettings) -> None:
        self._name = name
        self._settings = settings

    async def call(self, enriched: Enriched, headers: Mapping[str, str]) -> InferResponse:
        """Return the predictor's answer; see :class:`sparkmon.serving.predictor.Predictor`."""
        settings = self._settings
        message = v2_request(enriched, self._name, settings).to_grpc()
        try:
            answer = await self._stub.ModelInfer(
                message, timeout=settings.predictor_request_timeout_seconds, metadata=tuple(headers.items())
            )
        except grpc.aio.AioRpcError as error:
            code = error.code().name
            status = HTTP_STATUSES.get(code, 500)
            condition = _CONDITIONS.get(status, "PREDICTOR_REFUSED")
            reason = f"the predictor {settings.predictor_host} answered {code}: {error.details()}"
            raise serving_error(condition, status, reason) from None
        return InferResponse.from_grpc(answer)

    async def is_ready(self) -> bool:
        """Return whether the predictor's server reports within 2 s that it is ready."""
        try:
            answer = await self._stub.ServerReady(ServerReadyRequest(), timeout=_PING_S)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.ready)

    async def close(self) -> None:
        """Close the channel; idempotent."""
        await self._channel.close()

    @cached_property
    def _channel(self) -> grpc.aio.Channel:
        host = self._settings.predictor_host
        if self._settings.predictor_use_ssl:
            return grpc.aio.secure_channel(host, grpc.ssl_channel_credentials(), options=_OPTIONS)
        return grpc.aio.insecure_channel(host, options=_OPTIONS)

    @cached_property
    def _stub(self) -> Any:  # noqa: ANN401 - generated code without types
        return GRPCInferenceServiceStub(self._channel)

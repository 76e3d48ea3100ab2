"""The predictor over gRPC: one channel, a deadline, and the predictor's own code if it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ServerReadyRequest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from sparkmon.serving.serving_error import http_status, serving_error
from sparkmon.serving.settings import PredictorSettings

_MOST_BYTES = 64 * 2**20
_OPTIONS = (
    ("grpc.max_send_message_length", _MOST_BYTES),
    ("grpc.max_receive_message_length", _MOST_BYTES),
    # Reconnect within a second, not after gRPC's back-off of two minutes.
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class GrpcPredictorClient:
    """Calls ``ModelInfer`` of one predictor. Belongs to one event loop; the first call connects.

    Parameters
    ----------
    settings : PredictorSettings
        Where it is and how long a call may take.
    """

    def __init__(self, settings: PredictorSettings) -> None:
        self._settings = settings
        self._channel: grpc.aio.Channel | None = None
        self._stub: Any = None

    async def infer(self, message: Any, metadata: Mapping[str, str]) -> Any:  # noqa: ANN401 - protobuf's
        """Return the ``ModelInferResponse`` to a ``ModelInferRequest``.

        Raises
        ------
        ServingError
            ``PREDICTOR_REFUSED`` with the status that is equivalent to the predictor's code;
            ``PREDICTOR_UNREACHABLE``, 503; ``PREDICTOR_TIMEOUT``, 504.
        """
        try:
            return await self._open_stub().ModelInfer(
                message, timeout=self._settings.timeout_s, metadata=tuple(metadata.items())
            )
        except grpc.aio.AioRpcError as error:
            status = http_status(error.code().name)
            condition = {503: "PREDICTOR_UNREACHABLE", 504: "PREDICTOR_TIMEOUT"}
            raise serving_error(
                condition.get(status, "PREDICTOR_REFUSED"),
                status,
                f"the predictor {self._settings.host} answered {error.code().name}: {error.details()}",
                retry_after_s=1 if status == 503 else None,
            ) from None

    async def is_ready(self) -> bool:
        """Return whether the predictor's server reports within 2 s that it is ready."""
        try:
            answer = await self._open_stub().ServerReady(ServerReadyRequest(), timeout=2.0)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.ready)

    async def close(self) -> None:
        """Close the channel; idempotent."""
        if self._channel is not None:
            await self._channel.close()

    def _open_stub(self) -> Any:  # noqa: ANN401 - generated code without types
        if self._stub is None:
            self._channel = self._new_channel()
            self._stub = GRPCInferenceServiceStub(self._channel)
        return self._stub

    def _new_channel(self) -> grpc.aio.Channel:
        if self._settings.use_ssl:
            credentials = grpc.ssl_channel_credentials()
            return grpc.aio.secure_channel(self._settings.host, credentials, options=_OPTIONS)
        return grpc.aio.insecure_channel(self._settings.host, options=_OPTIONS)

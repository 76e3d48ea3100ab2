"""kserve's gRPC server on a configurable address, with gRPC codes for sparkmon's errors."""

from __future__ import annotations

from concurrent import futures
from typing import Any

import grpc
from kserve.logging import logger
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.grpc.interceptors import ExceptionToStatusInterceptor, LoggingInterceptor
from kserve.protocol.grpc.server import GRPCServer
from kserve.protocol.grpc.servicer import InferenceServicer

from sparkmon.errors import ServingError
from sparkmon.serving.serving_error import GRPC_CODES

_MOST_BYTES = 64 * 2**20


class HostedGRPCServer(GRPCServer):  # type: ignore[misc]  # kserve has no types
    """kserve's server on a given host; port 0 takes a free one and logs it."""

    def __init__(self, host: str, access_log: bool, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - kserve's
        super().__init__(*arguments, kwargs={}, **options)
        self._host = f"[{host}]" if ":" in host else host
        self._access_log = access_log

    async def start(self, max_workers: int) -> None:
        """Listen until the server is stopped."""
        interceptors: tuple[Any, ...] = (_ServingErrorInterceptor(),)
        if self._access_log:
            interceptors = (LoggingInterceptor(), *interceptors)
        self._server = grpc.aio.server(
            futures.ThreadPoolExecutor(max_workers=max_workers),
            interceptors=interceptors,
            options=[
                ("grpc.max_send_message_length", _MOST_BYTES),
                ("grpc.max_receive_message_length", _MOST_BYTES),
            ],
        )
        servicer = InferenceServicer(self._data_plane, self._model_repository_extension)
        add_GRPCInferenceServiceServicer_to_server(servicer, self._server)
        port = self._server.add_insecure_port(f"{self._host}:{self._port}")
        await self._server.start()
        logger.info("gRPC server running on %s:%d", self._host, port)
        await self._server.wait_for_termination()


class _ServingErrorInterceptor(ExceptionToStatusInterceptor):  # type: ignore[misc]  # kserve has no types
    """Answers a ServingError with the gRPC code of its HTTP status."""

    async def handle_exception(self, ex: Exception, request: Any, context: Any, name: str) -> None:  # noqa: ANN401 - grpc's
        """Abort the call."""
        if isinstance(ex, ServingError):
            code = GRPC_CODES.get(ex.status, "INTERNAL")
            await context.abort(grpc.StatusCode[code], str(ex))
        await super().handle_exception(ex, request, context, name)

"""kserve's gRPC server on a configurable address, with gRPC codes for sparkmon's errors."""

from __future__ import annotations

from concurrent import futures
from typing import Any

import grpc
from kserve.logging import logger
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.grpc.interceptors import ExceptionToStatusInterceptor, LoggingInterceptor
from kserve.protocol.grpc.servicer import InferenceServicer

from sparkmon.errors import ServingError
from sparkmon.serving.serving_error import GRPC_CODES

_MOST_BYTES = 64 * 2**20


class HostedGRPCServer:
    """Serves the V2 protocol over gRPC.

    Parameters
    ----------
    host, port
        Where it listens; port 0 takes a free one and logs it.
    data_plane, model_repository_extension
        kserve's.
    access_log : bool
        Whether each call is logged.
    grace_period : float
        How long calls in flight may take after ``stop``, in seconds.
    """

    def __init__(
        self,
        host: str,
        port: int,
        data_plane: Any,  # noqa: ANN401 - kserve has no types
        model_repository_extension: Any,  # noqa: ANN401 - kserve has no types
        *,
        access_log: bool,
        grace_period: float,
    ) -> None:
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._servicer = InferenceServicer(data_plane, model_repository_extension)
        self._access_log = access_log
        self._grace_period = grace_period
        self._server: grpc.aio.Server | None = None

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
        add_GRPCInferenceServiceServicer_to_server(self._servicer, self._server)
        port = self._server.add_insecure_port(self._address)
        await self._server.start()
        logger.info("gRPC server running on %s:%d", self._address.rpartition(":")[0], port)
        await self._server.wait_for_termination()

    async def stop(self, sig: int | None = None) -> None:
        """Stop the server when the calls in flight have ended."""
        if self._server is not None:
            await self._server.stop(grace=self._grace_period)


class _ServingErrorInterceptor(ExceptionToStatusInterceptor):  # type: ignore[misc]  # kserve has no types
    """Answers a ServingError with the gRPC code of its HTTP status."""

    async def handle_exception(
        self,
        ex: Exception,
        request_or_iterator: Any,  # noqa: ANN401 - grpc's
        context: Any,  # noqa: ANN401 - grpc's
        method_name: str,
    ) -> None:
        """Abort the call."""
        if isinstance(ex, ServingError):
            code = GRPC_CODES.get(ex.status, "INTERNAL")
            await context.abort(grpc.StatusCode[code], str(ex))
        await super().handle_exception(ex, request_or_iterator, context, method_name)

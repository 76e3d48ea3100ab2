"""A kserve model server with a configurable address and middleware, which logs nothing per request by default."""

import asyncio
import logging
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent import futures
from types import MappingProxyType
from typing import Any

import grpc
import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from kserve import ModelServer, model_server
from kserve.errors import InvalidInput, ModelNotFound
from kserve.logging import logger
from kserve.model import BaseKServeModel
from kserve.model_server import FASTAPI_APP_IMPORT_STRING
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.grpc.interceptors import ExceptionToStatusInterceptor, LoggingInterceptor
from kserve.protocol.grpc.server import GRPCServer
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.rest.multiprocess.server import RESTServerMultiProcess
from kserve.protocol.rest.server import RESTServer
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from sparkmon.errors import ServingError
from sparkmon.inbound import Connections
from sparkmon.serving.serving_error import GRPC_CODES, MAX_REQUEST_ID_LENGTH

Middleware = Callable[[ASGIApp], ASGIApp]
"""Wraps an ASGI application; the last of several is the outermost. Pickled if there are several workers."""

_CALLERS_FAULTS: dict[type[Exception], int] = {InvalidInput: 400, ModelNotFound: 404}
_REST_OPTIONS = (
    *("access_log_format", "workers", "grace_period", "event_loop", "timeout_keep_alive"),
    *("ssl_certfile", "ssl_keyfile"),
)


def serve(
    models: Sequence[BaseKServeModel],
    *,
    host: str = "0.0.0.0",
    http_port: int = 8080,
    grpc_port: int | None = None,
    middleware: Sequence[Middleware] = (),
    ready: Callable[[], Awaitable[bool]] | None = None,
    connections: Callable[[], Connections] | None = None,
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
    grpc_options: Mapping[str, int] = MappingProxyType({}),
    max_calls: int | None = None,
    access_log: bool = False,
    **options: Any,  # noqa: ANN401 - kserve's
) -> None:
    """Serve kserve models until SIGTERM or SIGINT, from the main thread; one server per process.

    On a signal it stops listening, completes the requests in flight and returns.

    At least one of ``models`` is loaded and ready, or kserve raises ``NoModelReady``. ``host`` is the address of both
    ports: kserve's own server always listens on all. Port 0 takes a free one and logs it; without ``grpc_port`` there
    is no gRPC. ``ready`` is whether a server whose models are loaded is ready, for ``/v2/health/ready``,
    ``/v1/models/NAME``, ``/v2/models/NAME/ready`` and their gRPC counterparts; it does not stop inference requests.
    ``connections`` returns the bounds of HTTP connections, in each process that serves. Of gRPC there are ``max_calls``
    at once, more are refused (``RESOURCE_EXHAUSTED``), each within the ``interceptors``, with these channel arguments.
    ``access_log`` logs and times each request, which makes a small one a third more expensive.
    """
    server = ModelServer(
        http_port=http_port,
        grpc_port=0 if grpc_port is None else grpc_port,
        enable_grpc=grpc_port is not None,
        **{"enable_latency_logging": access_log, **options},
    )
    server._register_and_check_atleast_one_model_is_ready(list(models))
    server.dataplane = _DataPlane(server.registered_models, ready)
    parts = (server.dataplane, server.model_repository_extension)
    rest = _RESTServer(
        *(FASTAPI_APP_IMPORT_STRING, *parts, server.http_port),
        **{name: getattr(server, name) for name in _REST_OPTIONS},
    )
    rest.config.host = host
    rest.middleware = tuple(middleware)
    rest.access_log = access_log
    rest.connections = connections
    if server.workers > 1:
        many = RESTServerMultiProcess(
            rest.config.app, *parts, server.http_port, log_config_file=model_server.args.log_config_file
        )
        many._rest_server = rest
        server._rest_multiprocess_server = many
    server.servers.append((server._rest_multiprocess_server or rest).start())
    if server.enable_grpc:
        outer = (*interceptors, *([LoggingInterceptor()] if access_log else []))
        server._grpc_server = _GRPCServer(*(server.grpc_port, *parts), {}, server.grace_period)
        listen = {"options": list(grpc_options.items()), "maximum_concurrent_rpcs": max_calls}
        server._grpc_server.listen_on(host, interceptors=(*outer, _ServingErrorInterceptor()), **listen)
        server.servers.append(server._grpc_server.start(server.max_threads))
    server.register_signal_handler()
    # Uvicorn's choice of event loop: uvloop if it is installed.
    loop = (rest.config.get_loop_factory() or asyncio.new_event_loop)()
    asyncio.set_event_loop(loop)
    try:
        server.setup_event_loop()
        loop.run_until_complete(server._serve())
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()


class _DataPlane(DataPlane):  # type: ignore[misc]  # kserve has no types
    """kserve's data plane; a model is ready if it is loaded and ``ready`` agrees."""

    def __init__(self, registry: Any, ready: Callable[[], Awaitable[bool]] | None) -> None:  # noqa: ANN401 - kserve's
        super().__init__(registry)
        self._ready = ready

    def decode(self, body: Any, headers: Any, *more: Any, **options: Any) -> Any:  # noqa: ANN401 - kserve's
        """Decode a body; a body that kserve cannot decode is the caller's fault, 400 instead of kserve's 500."""
        try:
            return super().decode(body, headers, *more, **options)
        except InvalidInput:
            raise
        except Exception as error:
            # kserve reads only the body and its headers there.
            reason = f"the body is no inference request ({type(error).__name__}: {error!s:.200})"
            raise InvalidInput(reason) from error

    async def ready(self) -> bool:
        """Return whether the server is ready."""
        return self._ready is None or await self._ready()

    async def model_ready(self, model_name: str, disable_predictor_health_check: bool = False) -> bool:
        """Return whether a model is ready; an inference request needs only a loaded one."""
        loaded: bool = await super().model_ready(model_name, True)
        return loaded and (disable_predictor_health_check or await self.ready())


class _RESTServer(RESTServer):  # type: ignore[misc]  # kserve has no types
    """kserve's HTTP server with middleware, and without timing of each request by default."""

    middleware: Sequence[Middleware] = ()
    access_log = False
    connections: Callable[[], Connections] | None = None

    def create_application(self) -> None:
        """Make the application in the process that serves it."""
        # kserve answers with a class that FastAPI has deprecated, which would warn at each request.
        warnings.filterwarnings("ignore", "ORJSONResponse is deprecated")
        super().create_application()
        from kserve.model_server import app

        wrapped: ASGIApp = app
        for wrap in self.middleware:
            wrapped = wrap(wrapped)
        self.config.app = wrapped
        if self.connections is not None:
            self.config.http = self.connections().protocol
            self.config.ws = "none"  # an upgrade would take a connection out of its bounds
        if not self.access_log and not self.access_log_format:
            logging.getLogger("uvicorn.access").handlers = []
            logging.getLogger("uvicorn.access").propagate = False

    def _add_middlewares(self, app: FastAPI) -> None:
        if self.access_log or self.access_log_format:
            super()._add_middlewares(app)

    def _add_exception_handlers(self, app: FastAPI) -> None:
        super()._add_exception_handlers(app)
        app.add_exception_handler(ServingError, _answer_error)
        app.add_exception_handler(RequestValidationError, _answer_invalid)
        for kind in _CALLERS_FAULTS:
            app.add_exception_handler(kind, _answer_fault)


class _GRPCServer(GRPCServer):  # type: ignore[misc]  # kserve has no types
    """kserve's server on a given host, with gRPC's own options; port 0 takes a free one and logs it."""

    def listen_on(self, host: str, **options: Any) -> None:  # noqa: ANN401 - grpc.aio.server's
        """Set what kserve does not pass on."""
        self._host = f"[{host}]" if ":" in host else host
        self._options = options

    async def start(self, max_workers: int) -> None:
        """Listen until the server is stopped."""
        self._server = grpc.aio.server(futures.ThreadPoolExecutor(max_workers=max_workers), **self._options)
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
            await context.abort(grpc.StatusCode[GRPC_CODES.get(ex.status, "INTERNAL")], str(ex))
        if type(ex) in _CALLERS_FAULTS:
            await context.abort(grpc.StatusCode[GRPC_CODES[_CALLERS_FAULTS[type(ex)]]], str(ex))
        await super().handle_exception(ex, request, context, name)


def error_response(error: ServingError, request_id: str | None) -> Response:
    """Return the error as JSON, or the predictor's own answer where it gave one.

    >>> from sparkmon.serving.serving_error import serving_error
    >>> response = error_response(serving_error("OVERLOADED", 503, "too many"), "a-1")
    >>> response.status_code, response.headers["retry-after"], response.headers["x-request-id"], response.body
    (503, '1', 'a-1', b'{"error":"[OVERLOADED] too many"}')
    """
    content_type, body = error.content_type or "application/octet-stream", error.body
    if body is None:
        content_type, body = "application/json", orjson.dumps({"error": str(error)})
    headers = {"content-type": content_type.encode("latin-1", "replace").decode("latin-1")}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(error.retry_after_s)
    if request_id is not None and len(request_id) <= MAX_REQUEST_ID_LENGTH:
        headers["x-request-id"] = request_id
    return Response(body, error.status, headers)


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServingError)
    return error_response(error, request.headers.get("x-request-id"))


async def _answer_fault(request: Request, error: Exception) -> Response:
    """Answer as kserve does, which also writes a traceback into the log for each such request."""
    return Response(orjson.dumps({"error": str(error)}), _CALLERS_FAULTS[type(error)], media_type="application/json")


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """Report what is wrong with a body without quoting it: it may have values that JSON has not."""
    assert isinstance(error, RequestValidationError)
    detail = [{name: each[name] for name in ("loc", "msg", "type")} for each in error.errors()[:20]]
    return Response(orjson.dumps({"detail": detail}), 422, media_type="application/json")

"""A kserve model server with a configurable address and middleware, which logs nothing per request by default."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from kserve import ModelServer
from kserve.errors import InvalidInput
from kserve.model import BaseKServeModel
from kserve.model_server import FASTAPI_APP_IMPORT_STRING
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.rest.multiprocess.server import RESTServerMultiProcess
from kserve.protocol.rest.server import RESTServer
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from sparkmon.errors import ServingError
from sparkmon.serving.grpc_server import HostedGRPCServer
from sparkmon.serving.serving_error import error_response

Middleware = Callable[[ASGIApp], ASGIApp]
"""Wraps an ASGI application; the last of several is the outermost. Pickled if there are several workers."""

Readiness = Callable[[], Awaitable[bool]]
"""Returns whether the server is ready, in addition to its models being loaded."""


def serve(
    models: Sequence[BaseKServeModel],
    *,
    host: str = "0.0.0.0",
    http_port: int = 8080,
    grpc_port: int | None = None,
    middleware: Sequence[Middleware] = (),
    ready: Readiness | None = None,
    access_log: bool = False,
    **options: Any,  # noqa: ANN401 - kserve's
) -> None:
    """Serve kserve models until SIGTERM or SIGINT, from the main thread; one server per process.

    On a signal it stops listening, completes the requests in flight and returns.

    Parameters
    ----------
    models : sequence of kserve.Model
        At least one is loaded and ready.
    host : str
        The address of both ports; kserve's own server always listens on all addresses.
    http_port : int
        0 takes a free one and logs it.
    grpc_port : int, optional
        No gRPC if not given; 0 takes a free one and logs it.
    middleware : sequence of callable
        Each wraps the ASGI application.
    ready : callable, optional
        Called for ``/v2/health/ready``, ``/v1/models/NAME``, ``/v2/models/NAME/ready`` and their gRPC counterparts. It
        does not stop inference requests.
    access_log : bool
        Whether kserve logs and times each request, which makes a small one a third more expensive.
    **options
        Further arguments of ``kserve.ModelServer``.

    Raises
    ------
    kserve.errors.NoModelReady
        No model is loaded.
    """
    server = _Server(
        http_port=http_port,
        grpc_port=0 if grpc_port is None else grpc_port,
        enable_grpc=grpc_port is not None,
        **{"enable_latency_logging": access_log, **options},
    )
    server.listen(list(models), host, tuple(middleware), ready, access_log)


class _Server(ModelServer):  # type: ignore[misc]  # kserve has no types
    """kserve's server on a given address and event loop."""

    def listen(
        self,
        models: list[BaseKServeModel],
        host: str,
        middleware: Sequence[Middleware],
        ready: Readiness | None,
        access_log: bool,
    ) -> None:
        self._register_and_check_atleast_one_model_is_ready(models)
        self.dataplane = _DataPlane(self.registered_models, ready)
        if not self.access_log_format and not access_log:
            logging.getLogger("uvicorn.access").disabled = True
        rest = _RESTServer(
            *(FASTAPI_APP_IMPORT_STRING, self.dataplane, self.model_repository_extension),
            self.http_port,
            access_log_format=self.access_log_format,
            workers=self.workers,
            grace_period=self.grace_period,
            event_loop=self.event_loop,
            timeout_keep_alive=self.timeout_keep_alive,
            ssl_certfile=self.ssl_certfile,
            ssl_keyfile=self.ssl_keyfile,
        )
        rest.configure(host, middleware, access_log)
        if self.workers > 1:
            self._rest_multiprocess_server = _many(rest, self.http_port)
            self.servers.append(self._rest_multiprocess_server.start())
        else:
            self.servers.append(rest.start())
        if self.enable_grpc:
            self._grpc_server = HostedGRPCServer(
                *(host, self.grpc_port, self.dataplane, self.model_repository_extension),
                access_log=access_log,
                grace_period=self.grace_period,
            )
            self.servers.append(self._grpc_server.start(self.max_threads))
        self.register_signal_handler()
        _run(self._serve_here(), rest.config.get_loop_factory())

    async def _serve_here(self) -> None:
        self.setup_event_loop()
        await self._serve()


class _DataPlane(DataPlane):  # type: ignore[misc]  # kserve has no types
    """kserve's data plane; a model is ready if it is loaded and ``ready`` agrees."""

    def __init__(self, registry: Any, ready: Readiness | None) -> None:  # noqa: ANN401 - kserve's
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

    async def model_ready(
        self, model_name: str, disable_predictor_health_check: bool = False
    ) -> bool:
        """Return whether a model is ready; an inference request needs only a loaded one."""
        loaded: bool = await super().model_ready(model_name, True)
        return loaded and (disable_predictor_health_check or await self.ready())


class _RESTServer(RESTServer):  # type: ignore[misc]  # kserve has no types
    """kserve's HTTP server on a given address, with middleware, and without timing of each request by default."""

    def configure(self, host: str, middleware: Sequence[Middleware], access_log: bool) -> None:
        self.config.host = host
        self._middleware = middleware
        self._access_log = access_log

    def create_application(self) -> None:
        """Make the application in the process that serves it."""
        # kserve answers with a class that FastAPI has deprecated, which would warn at each request.
        warnings.filterwarnings("ignore", "ORJSONResponse is deprecated")
        super().create_application()
        from kserve.model_server import app

        wrapped: ASGIApp = app
        for wrap in self._middleware:
            wrapped = wrap(wrapped)
        self.config.app = wrapped
        if not self._access_log and not self.access_log_format:
            logging.getLogger("uvicorn.access").handlers = []
            logging.getLogger("uvicorn.access").propagate = False

    def _add_middlewares(self, app: FastAPI) -> None:
        if self._access_log or self.access_log_format:
            super()._add_middlewares(app)

    def _add_exception_handlers(self, app: FastAPI) -> None:
        super()._add_exception_handlers(app)
        app.add_exception_handler(ServingError, _answer_error)
        app.add_exception_handler(RequestValidationError, _answer_invalid)


def _many(rest: _RESTServer, http_port: int) -> RESTServerMultiProcess:
    many = RESTServerMultiProcess(
        rest.config.app,
        rest.dataplane,
        rest.model_repository_extension,
        http_port,
        workers=rest.config.workers,
    )
    many._rest_server = rest
    return many


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServingError)
    status, headers, body = error_response(error, request.headers.get("x-request-id"))
    response = Response(body, status)
    response.raw_headers = headers
    return response


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """Report what is wrong with a body without quoting it: it may have values that JSON has not."""
    assert isinstance(error, RequestValidationError)
    detail = [{name: each[name] for name in ("loc", "msg", "type")} for each in error.errors()[:20]]
    return Response(orjson.dumps({"detail": detail}), 422, media_type="application/json")


def _run(
    main: Coroutine[Any, Any, None],
    new_loop: Callable[[], asyncio.AbstractEventLoop] | None,
) -> None:
    """Run ``main`` on uvicorn's choice of event loop: uvloop if it is installed."""
    loop = new_loop() if new_loop is not None else asyncio.new_event_loop()
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()

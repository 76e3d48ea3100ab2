"""A kserve model server on an address of one's choice, with middleware around it and nothing logged per request."""

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
from sparkmon.serving.front_door import answer_of
from sparkmon.serving.grpc_server import HostedGRPCServer

__all__ = ["Middleware", "Readiness", "serve"]

Middleware = Callable[[ASGIApp], ASGIApp]
"""Wraps an ASGI application; the last of several is the outermost. Pickled where there are several workers."""

Readiness = Callable[[], Awaitable[bool]]
"""Tells whether the server is ready, beyond its models being loaded."""


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

    On a signal it stops listening, answers what is being answered and returns.

    Parameters
    ----------
    models : sequence of kserve.Model
        Loaded: at least one is ready.
    host : str
        The address of both ports; kserve's own server listens on every one, always.
    http_port : int
        0 takes a free one, which the log names.
    grpc_port : int, optional
        No gRPC if not given; 0 takes a free one, which the log names.
    middleware : sequence of callable
        Each wraps the ASGI application.
    ready : callable, optional
        Asked by ``/v2/health/ready``, ``/v1/models/NAME``, ``/v2/models/NAME/ready`` and gRPC's like. It stops no
        inference request.
    access_log : bool
        Whether each request is logged, and timed by kserve: it makes a small one a third dearer.
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
    """kserve's server with its address and its event loop as they were asked for."""

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
        rest.host_it(host, middleware, access_log)
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
    """kserve's data plane; readiness is the model's and that of what it needs."""

    def __init__(self, registry: Any, ready: Readiness | None) -> None:  # noqa: ANN401 - kserve's
        super().__init__(registry)
        self._ready = ready

    def decode(self, body: Any, headers: Any, *more: Any, **options: Any) -> Any:  # noqa: ANN401 - kserve's
        """Read a body; what kserve trips over is what the caller sent, and is 400 where kserve would say 500."""
        try:
            return super().decode(body, headers, *more, **options)
        except InvalidInput:
            raise
        except Exception as error:
            # Nothing but the body and its headers is looked at in there.
            reason = f"the body is no inference request ({type(error).__name__}: {error!s:.200})"
            raise InvalidInput(reason) from error

    async def ready(self) -> bool:
        """Tell whether the server is ready."""
        return self._ready is None or await self._ready()

    async def model_ready(
        self, model_name: str, disable_predictor_health_check: bool = False
    ) -> bool:
        """Tell whether a model is ready; an inference request asks only whether it is loaded."""
        loaded: bool = await super().model_ready(model_name, True)
        return loaded and (disable_predictor_health_check or await self.ready())


class _RESTServer(RESTServer):  # type: ignore[misc]  # kserve has no types
    """kserve's HTTP server: another address, middleware, and no timing of each request unless asked for."""

    def host_it(self, host: str, middleware: Sequence[Middleware], access_log: bool) -> None:
        self.config.host = host
        self._middleware = middleware
        self._access_log = access_log

    def create_application(self) -> None:
        """Make the application in the process that serves it."""
        # kserve answers with a class that FastAPI has deprecated, which would be told at each request.
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
    status, headers, body = answer_of(error, request.headers.get("x-request-id"))
    response = Response(body, status)
    response.raw_headers = headers
    return response


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """Say what is wrong with a body, without repeating it: it may hold what JSON cannot say."""
    assert isinstance(error, RequestValidationError)
    said = [{name: each[name] for name in ("loc", "msg", "type")} for each in error.errors()[:20]]
    return Response(orjson.dumps({"detail": said}), 422, media_type="application/json")


def _run(
    main: Coroutine[Any, Any, None],
    new_loop: Callable[[], asyncio.AbstractEventLoop] | None,
) -> None:
    """Run ``main`` on uvicorn's choice of event loop: uvloop where it is installed."""
    loop = new_loop() if new_loop is not None else asyncio.new_event_loop()
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()

"""The dashboard as an ASGI application: pages that are made here, with no script that a page itself carries.

==========================  ====================================================================
page                        shows
==========================  ====================================================================
``/``                       open incidents first, then models, silences, undelivered notifications
``/model?model=``           columns by windows, incidents, traffic, outliers, clients that attack
``/column?model=&column=``  a statistic over time, and reference against current
``/window?model=&window=``  the findings of a window, and its most severe rows
``/incident?id=``           one incident: what, since when, how sure, why, what to do
``/dead_letters``           events that could not be decoded
``/health``                 200 if the tables can be read
==========================  ====================================================================

Names are in the query, because they may be any text. Without ``--write`` nothing can be changed.
"""

import gzip
import logging
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Annotated, Any

import anyio.to_thread
import uvicorn
from deltalake.exceptions import DeltaError
from fastapi import FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from sparkmon.alerts import AlertStore, Matcher, acknowledge, end_silence, silence
from sparkmon.dashboard.access import HEADERS, Access
from sparkmon.dashboard.changes import Changes
from sparkmon.dashboard.pages import Pages
from sparkmon.dashboard.reading import Reading
from sparkmon.dashboard.rendering import render, themes
from sparkmon.dashboard.settings import DashboardSettings
from sparkmon.errors import OptionError, SparkmonError
from sparkmon.interval import parse_interval
from sparkmon.listening import listen
from sparkmon.store import open_store
from sparkmon.tables import Tables, TableWriter

logger = logging.getLogger(__name__)

_THREADS = 4
"""Pages made at once: each holds what it reads."""
_TYPES = {"css": "text/css", "js": "text/javascript", "json": "application/json"}
_LONGEST = 2000
_Text = Annotated[str, Form(max_length=_LONGEST)]


def create_app(settings: DashboardSettings, tables: TableWriter | None = None) -> FastAPI:
    """Return the dashboard; OptionError if its tables need Spark and are not open, or if the token cannot be read."""
    tables = tables or Tables(settings.tables).open()
    access = Access(settings)
    reading = Reading(tables, None if settings.store is None else open_store(settings.store), settings.reference)
    changes = Changes(reading.versions, settings.poll_seconds)
    pages = Pages(reading)
    app = FastAPI(title="sparkmon", openapi_url=None)

    @app.middleware("http")
    async def check(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        try:
            request.state.user = access.user(request)
        except HTTPException as error:
            return PlainTextResponse(error.detail, error.status_code, {**HEADERS, **(error.headers or {})})
        response = await call_next(request)
        for name, value in {"cache-control": "no-store", **HEADERS}.items():
            response.headers.setdefault(name, value)
        return response

    def page(request: Request, name: str, context: dict[str, Any], status: int = 200) -> HTMLResponse:
        user = request.state.user
        shared = {"user": user, "write": settings.write, "token": access.form_token(user), "here": _here(request)}
        shared["versions"] = getattr(request.state, "versions", "")
        return HTMLResponse(render(name, {**shared, **context}), status)

    def failed(request: Request, error: Exception) -> HTMLResponse:
        status = getattr(error, "status_code", 400 if isinstance(error, OptionError) else 503)
        detail = getattr(error, "detail", None) or str(error)
        if status >= 500:
            logger.warning("%s: %s", request.url.path, detail)
        return page(request, "error.html", {"title": "Not shown", "status": status, "detail": detail}, status)

    for path, name, make in pages.routes():
        app.get(path)(_endpoint(page, name, make, changes))
    for kind in (StarletteHTTPException, SparkmonError, DeltaError, OSError):
        app.add_exception_handler(kind, failed)
    _add_static(app)
    _add_actions(app, access, AlertStore(tables), lambda: reading.versions.look("alert_actions"))
    _add_changes(app, changes)
    return app


def _endpoint(
    page: Callable[..., HTMLResponse], name: str, make: Callable[[Any], dict[str, Any]], changes: Changes
) -> Callable[[Request], HTMLResponse]:
    def endpoint(request: Request) -> HTMLResponse:
        request.state.versions = changes.last()  # before the page is read: what changes meanwhile renews it
        return page(request, name, make(request.query_params))

    return endpoint


def _add_changes(app: FastAPI, changes: Changes) -> None:
    @app.get("/health")
    def health() -> PlainTextResponse:
        changes.versions()
        return PlainTextResponse("ok\n")

    @app.get("/changes")
    async def stream(versions: str | None = None) -> StreamingResponse:
        return StreamingResponse(changes.stream(versions), media_type="text/event-stream")


def _add_actions(app: FastAPI, access: Access, store: AlertStore, on_action: Callable[[], object]) -> None:
    def answer(path: str) -> RedirectResponse:
        on_action()
        return _back(path)

    @app.post("/acknowledge")
    def acknowledged(request: Request, token: _Text, incident: _Text, back: _Text = "/") -> Response:
        access.check_form(request, request.state.user, token)
        acknowledge(store, incident, by=request.state.user)
        return answer(back)

    @app.post("/silence")
    def silenced(
        request: Request,
        token: _Text,
        model: _Text,
        length: _Text,
        column: _Text = "*",
        back: _Text = "/",
        comment: _Text = "",
    ) -> Response:
        access.check_form(request, request.state.user, token)
        duration = parse_interval("length", length)
        silence(store, Matcher(model, column), duration, by=request.state.user, comment=comment)
        return answer(back)

    @app.post("/unsilence")
    def unsilenced(request: Request, token: _Text, silence_id: _Text, back: _Text = "/") -> Response:
        access.check_form(request, request.state.user, token)
        end_silence(store, silence_id, by=request.state.user)
        return answer(back)


def _back(path: str) -> RedirectResponse:
    # Only to a page of ours: "//host" and "/\\host" are other hosts to a browser.
    is_ours = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return RedirectResponse(path if is_ours else "/", 303)


def _here(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _add_static(app: FastAPI) -> None:
    ours = {each.name: each.read_bytes() for each in (files("sparkmon.dashboard") / "static").iterdir()}
    plotly = (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    contents = {**ours, "plotly.min.js": plotly, "themes.json": themes()}
    packed = {name: gzip.compress(content, 6) for name, content in contents.items()}

    @app.get("/static/{name}")
    def static(request: Request, name: str) -> Response:
        if name not in contents:
            raise HTTPException(404, "There is no such file.")
        is_packed = "gzip" in request.headers.get("accept-encoding", "")
        headers = {"cache-control": "max-age=3600", "vary": "accept-encoding"}
        headers |= {"content-encoding": "gzip"} if is_packed else {}
        content = packed[name] if is_packed else contents[name]
        return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


def serve(
    settings: DashboardSettings, on_start: Callable[[str], None] = print, tables: TableWriter | None = None
) -> None:
    """Run the dashboard until SIGTERM or SIGINT, from the main thread.

    ``on_start`` is given its address; ``tables`` are those of the settings, if they are open.
    """
    server, listening, address = _server(settings, tables)
    on_start(address)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    server.run(sockets=[listening])


@contextmanager
def running(settings: DashboardSettings, tables: TableWriter | None = None) -> Iterator[str]:
    """Run the dashboard in a thread, next to something else; give its address."""
    server, listening, address = _server(settings, tables)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join()


def _server(settings: DashboardSettings, tables: TableWriter | None) -> tuple[uvicorn.Server, socket.socket, str]:
    config = uvicorn.Config(
        create_app(settings, tables),
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,  # pages that wait for changes are cut off
    )
    listening = listen(settings.host, settings.port)  # a call that comes before it runs waits for it
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return uvicorn.Server(config), listening, f"http://{host}:{listening.getsockname()[1]}/"

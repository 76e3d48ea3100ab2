"""The payload logger without an agent: KServe's events, made inside the model server."""

import asyncio
import socket
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import partial
from typing import Any, Literal, TypeAlias

from sparkmon.errors import OptionError
from sparkmon.payload_logger.event_emitter import EventEmitter
from sparkmon.payload_logger.payload_event import canonical_name, payload_headers
from sparkmon.records import Half

_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]
_Application: TypeAlias = Callable[[_Message, _Receive, _Send], Awaitable[None]]

_NOT_LOGGED = {"GET", "HEAD", "OPTIONS"}
_NOTHING: Mapping[str, str] = {}
_DRAIN_S = 10.0


class PayloadLogger:
    """ASGI middleware that emits each model call's request and response as CloudEvents, as KServe's agent does.

    For a model server without the agent: outside Kubernetes, in a pod that KServe does not manage, or a transformer in
    its predictor's pod, which the agent does not see.

    Parameters
    ----------
    app : callable
        The ASGI application that serves the model, ``kserve.model_server.app`` for example.
    emitter : EventEmitter
        Sends the events. It is closed when the server shuts the application down, and has 10 s to send its queue.
    mode : {'all', 'request', 'response'}
        Which halves are emitted.
    inference_service, namespace, component, endpoint : str
        Attributes of the events.
    source : str, optional
        ``ce-source``; by default the host name, which in Kubernetes is the pod's name.
    metadata_headers : iterable of str
        Headers of the request that both events have in ``ce-metadata``; case does not matter.
    annotations : mapping
        ``ce-annotations`` of every event.
    max_body_bytes : int
        The event of a larger body has no body, but the annotation ``sparkmon-body``, ``left out: 20000000 bytes, the
        limit is 16777216``.

    Raises OptionError: ``mode`` or the name of a header is malformed.

    Notes
    -----
    The events are those of the agent since 0.18: binary mode; a request's own ``ce-id``, else a new one, the same on
    both halves; ``ce-time`` is the start of the request and the end of the response; both have the request's content
    type.
    There are three differences:

    - GET, HEAD and OPTIONS are not logged: in KServe they are for health, metadata and metrics. (The agent logs these;
      like the agent, this does not log the kubelet's probes.)
    - A response with another status than 200 is emitted, with ``ce-statuscode``; the agent emits none. An application
      that fails before it answers gets an empty response event with status 500, the server's answer.
    - A body that breaks off, because the client disconnected or the application failed or answered before it had read
      the whole request, is emitted up to that point, with the annotation ``sparkmon-body``, ``cut short after 100
      bytes``.

    The client gets the same as without this middleware: messages, streams included, pass unchanged and undelayed. gRPC
    requests are not logged: kserve serves them on another port without ASGI.

    Examples
    --------
    In the program that starts the server::

        import kserve
        from sparkmon.payload_logger import EventEmitter, PayloadLogger

        kserve.model_server.app.add_middleware(
            PayloadLogger, emitter=EventEmitter("http://receiver:8080/"), inference_service="iris"
        )
        kserve.ModelServer().start([model])
    """

    def __init__(
        self,
        app: _Application,
        *,
        emitter: EventEmitter,
        inference_service: str,
        mode: Literal["all", "request", "response"] = "all",
        namespace: str = "",
        component: str = "predictor",
        endpoint: str = "",
        source: str | None = None,
        metadata_headers: Iterable[str] = (),
        annotations: Mapping[str, str] = _NOTHING,
        max_body_bytes: int = 16 * 2**20,
    ) -> None:
        if mode not in ("all", "request", "response"):
            raise OptionError.malformed("mode", mode, "all, request or response")
        headers = partial(
            payload_headers,
            inference_service=inference_service,
            namespace=namespace,
            component=component,
            endpoint=endpoint,
            source=socket.gethostname() if source is None else source,
        )
        for name, value in headers.keywords.items():
            if not value.isprintable():
                raise OptionError.malformed(name, value, "printable text, because it is an HTTP header")
        self._app = app
        self.emitter, self.mode, self.headers = emitter, mode, headers
        self.annotations = dict(annotations)
        self.metadata_names = {name.lower().encode(): canonical_name(name) for name in metadata_headers}
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["method"] not in _NOT_LOGGED and not _is_probe(scope):
            await _Call(self, scope, receive, send).run(self._app)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, self._closing(send))
        else:
            await self._app(scope, receive, send)

    def _closing(self, send: _Send) -> _Send:
        """Close the emitter before the application reports its shutdown to the server."""

        async def closing(message: _Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await asyncio.to_thread(self.emitter.close, _DRAIN_S)
            await send(message)

        return closing


class _Body:
    """A copy of one half's body, up to a limit; of a larger body only the size is kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._chunks: list[bytes] = []
        self.size = 0
        self.is_emitted = False

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self._limit:
            self._chunks.clear()
        elif chunk:
            self._chunks.append(chunk)

    def copied(self, *, whole: bool) -> tuple[bytes, dict[str, str]]:
        """Return the copy and, if it is not the whole body, the annotation that says why."""
        if self.size > self._limit:
            note = f"left out: {self.size} bytes, the limit is {self._limit}"
        elif not whole:
            note = f"cut short after {self.size} bytes"
        else:
            return b"".join(self._chunks), {}
        return b"".join(self._chunks), {"sparkmon-body": note}


class _Call:
    """One call of the model: forwards its messages, and emits its two events."""

    def __init__(self, logger: PayloadLogger, scope: _Message, receive: _Receive, send: _Send) -> None:
        self._time_ns = time.time_ns()
        self._logger, self._scope = logger, scope
        self._inner_receive, self._inner_send = receive, send
        self._request, self._response = (_Body(logger.max_body_bytes) for _ in range(2))
        self._status: int | None = None
        self._body_length: int | None = 0
        self._read_headers(scope["headers"])

    async def run(self, app: _Application) -> None:
        cancelled = False
        try:
            await app(self._scope, self._receive, self._send)
        except asyncio.CancelledError:
            cancelled = True
            raise
        finally:
            self._end_request(whole=self._request.size == self._body_length)
            if self._status is not None or not cancelled:
                self._end_response(whole=self._status is None)

    def _read_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        names = self._logger.metadata_names
        self._event_id = ""
        self._content_type: str | None = None
        self._metadata: dict[str, list[str]] = {}
        for name, value in headers:
            if name in names:
                self._metadata.setdefault(names[name], []).append(_text(value))
            if name == b"ce-id":
                self._event_id = self._event_id or _text(value)
            elif name == b"content-type" and self._content_type is None:
                self._content_type = _text(value)
            elif name == b"content-length" and value.isdigit():
                self._body_length = int(value)
            elif name == b"transfer-encoding":
                self._body_length = None
        self._event_id = self._event_id or str(uuid.uuid4())

    async def _receive(self) -> _Message:
        message = await self._inner_receive()
        if message["type"] == "http.request":
            self._request.add(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                self._end_request(whole=True)
        return message

    async def _send(self, message: _Message) -> None:
        await self._inner_send(message)
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif message["type"] == "http.response.body":
            self._response.add(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                self._end_request(whole=self._request.size == self._body_length)
                self._end_response(whole=True)

    def _end_request(self, *, whole: bool) -> None:
        self._emit("request", self._request, self._time_ns, 200, whole=whole)

    def _end_response(self, *, whole: bool) -> None:
        # Without an answer from the application the server answers 500.
        status = 500 if self._status is None else self._status
        self._emit("response", self._response, time.time_ns(), status, whole=whole)

    def _emit(self, half: Half, copy: _Body, time_ns: int, status: int, *, whole: bool) -> None:
        """Emit a half once, if the mode asks for it."""
        if copy.is_emitted or self._logger.mode not in ("all", half):
            return
        copy.is_emitted = True
        body, note = copy.copied(whole=whole)
        headers = self._logger.headers(
            *(half, self._event_id, time_ns),
            metadata=self._metadata,
            annotations={**self._logger.annotations, **note},
            content_type=self._content_type,
            status=status,
            recorded_ns=time.time_ns(),
        )
        self._logger.emitter.emit(headers, body)


def _is_probe(scope: _Message) -> bool:
    """Return whether a request is a kubelet's probe, by the agent's rules."""
    return any(
        name == b"kubelet-probe" or (name == b"user-agent" and value[:11] == b"kube-probe/")
        for name, value in scope["headers"]
    )


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")

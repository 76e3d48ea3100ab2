"""The outermost ASGI middleware: refuses requests in an overload and bodies that are too large before it reads them."""

from __future__ import annotations

from typing import Protocol

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparkmon.errors import ServingError
from sparkmon.serving.admission import Admission
from sparkmon.serving.serving_error import serving_error

__all__ = ["MAX_REQUEST_ID_LENGTH", "AdmissionMiddleware", "AdmittingModel", "error_response"]

MAX_REQUEST_ID_LENGTH = 256
"""A longer ``X-Request-Id`` is not returned."""


class AdmittingModel(Protocol):
    """What the middleware needs of a :class:`FeatureTransformer`."""

    @property
    def admission(self) -> Admission:
        """The bound on the requests in flight."""

    async def warm_up(self) -> None:
        """Open connections."""

    async def close(self) -> None:
        """Close connections."""


def error_response(
    error: ServingError, request_id: str | None
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Return status, headers and body of the HTTP response to an error.

    Examples
    --------
    >>> from sparkmon.serving.serving_error import serving_error
    >>> status, headers, body = error_response(serving_error("OVERLOADED", 503, "too many", retry_after_s=1), "a-1")
    >>> status, dict(headers)[b"retry-after"], dict(headers)[b"x-request-id"], body
    (503, b'1', b'a-1', b'{"error":"[OVERLOADED] too many"}')
    """
    body = error.body
    content_type = error.content_type or "application/octet-stream"
    if body is None:
        body, content_type = orjson.dumps({"error": str(error)}), "application/json"
    headers = [
        (b"content-type", content_type.encode("latin-1", "replace")),
        (b"content-length", b"%d" % len(body)),
    ]
    if error.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after_s))
    if request_id is not None and len(request_id) <= MAX_REQUEST_ID_LENGTH:
        headers.append((b"x-request-id", request_id.encode("latin-1")))
    return error.status, headers, body


class AdmissionMiddleware:
    """ASGI middleware around kserve's application.

    Parameters
    ----------
    app : ASGI application
        kserve's application.
    transformer : AdmittingModel
        Its admission is consulted; it is connected when the server starts and closed when it stops.
    max_body_bytes : int
        A larger body is refused with 413.
    """

    def __init__(self, app: ASGIApp, *, transformer: AdmittingModel, max_body_bytes: int) -> None:
        self._app = app
        self._transformer = transformer
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._transformer.warm_up()
            await self._app(scope, receive, self._closing(send))
            return
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        if self._transformer.admission.is_full:
            await _refuse(scope, send, self._transformer.admission.refuse())
            return
        size = _header(scope, b"content-length")
        if size is not None and (not size.isdigit() or int(size) > self._max_body_bytes):
            await _refuse(scope, send, self._too_large())
            return
        await self._app(scope, receive if size is not None else self._counted(receive), send)

    def _closing(self, send: Send) -> Send:
        async def closing(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown"):
                await self._transformer.close()
            await send(message)

        return closing

    def _counted(self, receive: Receive) -> Receive:
        """Count the bytes of a chunked body, whose length is unknown."""
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._max_body_bytes:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> ServingError:
        return serving_error(
            "REQUEST_TOO_LARGE", 413, f"{self._max_body_bytes} bytes of body is the limit"
        )


def _header(scope: Scope, name: bytes) -> bytes | None:
    return next((value for key, value in scope["headers"] if key == name), None)


async def _refuse(scope: Scope, send: Send, error: ServingError) -> None:
    request_id = _header(scope, b"x-request-id")
    status, headers, body = error_response(
        error, None if request_id is None else request_id.decode("latin-1")
    )
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

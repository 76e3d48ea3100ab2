"""The outermost ASGI middleware: refuses requests in an overload and bodies that are too large before it reads them."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparkmon.errors import ServingError
from sparkmon.serving.error_response import error_response
from sparkmon.serving.feature_transformer import FeatureTransformer
from sparkmon.serving.serving_error import serving_error


class AdmissionMiddleware:
    """Wraps kserve's application; connects the transformer when the server starts, and closes it when it stops."""

    def __init__(
        self, app: ASGIApp, *, transformer: FeatureTransformer, max_body_bytes: int
    ) -> None:
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
        headers = Headers(scope=scope)
        size = headers.get("content-length")
        refusal = None
        if self._transformer.admission.is_full:
            refusal = self._transformer.admission.refuse()
        elif size is not None and (not size.isdigit() or int(size) > self._max_body_bytes):
            refusal = self._too_large()
        if refusal is not None:
            await error_response(refusal, headers.get("x-request-id"))(scope, receive, send)
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

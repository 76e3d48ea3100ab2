"""ASGI middleware that refuses requests in an overload, and reads bodies into bounded room before kserve sees them."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparkmon.errors import ServingError
from sparkmon.inbound import Arrival, BodyRoom, Refusal
from sparkmon.serving.feature_transformer import FeatureTransformer
from sparkmon.serving.server import error_response
from sparkmon.serving.serving_error import serving_error

BODIES = 16
"""So many bodies of the largest size are kept in memory at once."""
_CONDITIONS = {408: "REQUEST_TOO_SLOW", 413: "REQUEST_TOO_LARGE", 503: "OVERLOADED"}


class AdmissionMiddleware:
    """Wraps kserve's application; connects the transformer when the server starts, and closes it when it stops."""

    def __init__(self, transformer: FeatureTransformer, max_body_bytes: int, app: ASGIApp) -> None:
        self._transformer = transformer
        self._room = BodyRoom(BODIES * max_body_bytes, max_body_bytes)
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request whose body is whole, or refuse it."""
        if scope["type"] == "lifespan":
            await self._transformer.warm_up()
            await self._app(scope, receive, self._closing(send))
        elif scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
        else:
            await self._admit(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        request_id = headers.get("x-request-id")
        admission = self._transformer.admission
        if admission.is_full:
            await error_response(admission.refuse(), request_id)(scope, receive, send)
            return
        with Arrival(self._room, scope) as arrival:
            body = await arrival.read(receive, headers.get("content-length"))
            if isinstance(body, Refusal):
                self._transformer.count_refusal(body.reason)
                refusal = serving_error(_CONDITIONS[body.status], body.status, body.detail)
                response = error_response(refusal, request_id)
                # The rest of the body is not worth reading.
                response.headers["connection"] = "close"
                await response(scope, receive, send)
            elif body is not None:
                try:
                    self._transformer.reader.check_items(body, headers.get("inference-header-content-length"))
                except ServingError as error:
                    await error_response(error, request_id)(scope, receive, send)
                else:
                    await self._app(scope, _whole(body, receive), send)

    def _closing(self, send: Send) -> Send:
        async def closing(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown"):
                await self._transformer.close()
            await send(message)

        return closing


def _whole(body: bytes, receive: Receive) -> Receive:
    """Return the body as one message, then what the server says."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def whole() -> Message:
        return messages.pop() if messages else await receive()

    return whole

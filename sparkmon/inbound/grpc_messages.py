"""A bound on the time in which a message comes over gRPC, which has none of its own."""

import asyncio
from typing import Any

import grpc


class MessageTimeout(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc has no types
    """Refuses a unary call whose message is not whole after some seconds: gRPC would keep its beginning for ever.

    A unary call is handled as a stream of one message, because gRPC calls a unary handler only with a whole message.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:  # noqa: ANN401 - grpc's
        """Return the method's handler with the bound."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler

        async def when_whole(messages: Any, context: Any) -> Any:  # noqa: ANN401 - grpc's
            try:
                message = await asyncio.wait_for(anext(messages), self._seconds)
            except asyncio.TimeoutError:
                reason = f"the message was not whole after {self._seconds:g} s"
                await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, reason)
            return await handler.unary_unary(message, context)

        return grpc.stream_unary_rpc_method_handler(
            when_whole, handler.request_deserializer, handler.response_serializer
        )

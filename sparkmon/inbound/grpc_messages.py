"""A bound on the memory and the time of messages that come over gRPC, which has none of its own."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import grpc

from sparkmon.inbound.body_room import Arrival, BodyRoom

_QUICK_S = 0.05
_CODES = {408: grpc.StatusCode.DEADLINE_EXCEEDED, 503: grpc.StatusCode.UNAVAILABLE}


class MessageRoom(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc has no types
    """Reads the messages of unary calls into bounded room, and refuses one that is not whole in time.

    Of a message that nobody reads gRPC takes 64 KiB, of one that is read all. So the room's half is for messages that
    begin: they take turns to be whole within 50 ms, as those of honest callers are. One that is not counts as a whole
    one of the largest size among the bodies that are not whole, of which an address has a quarter of the room.

    A unary call is handled as a stream of one message, because gRPC calls a unary handler only with a whole message.
    """

    def __init__(self, room: BodyRoom, seconds: float, on_refusal: Callable[[str], object]) -> None:
        self._room = room
        self._seconds = seconds
        self._on_refusal = on_refusal
        self._turns = asyncio.Semaphore(room.max_bytes // room.max_body_bytes // 2)

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:  # noqa: ANN401 - grpc's
        """Return the method's handler with the bound."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler

        async def when_whole(messages: Any, context: Any) -> Any:  # noqa: ANN401 - grpc's
            with Arrival(self._room, {"client": (_address(context.peer()),)}) as arrival:
                async with self._turns:
                    coming = asyncio.ensure_future(anext(messages, None))
                    await asyncio.wait((coming,), timeout=_QUICK_S)
                refusal = None if coming.done() else await arrival.wait_for_message(coming, self._seconds)
                message: Any = None if refusal else coming.result()
                if message is not None:
                    refusal = arrival.take_message(message.ByteSize())
                elif refusal is None:
                    await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the call has no message")
                if refusal is not None:
                    self._on_refusal(refusal.reason)
                    await context.abort(_CODES[refusal.status], refusal.detail)
                return await handler.unary_unary(message, context)

        return grpc.stream_unary_rpc_method_handler(
            when_whole, handler.request_deserializer, handler.response_serializer
        )


def _address(peer: str) -> str:
    """Return the address of gRPC's name of a peer.

    >>> _address("ipv4:10.0.0.1:4711"), _address("ipv6:%5B2001:db8::1%5D:4711")
    ('10.0.0.1', '2001:db8::1')
    """
    return unquote(peer).partition(":")[2].rpartition(":")[0].strip("[]")

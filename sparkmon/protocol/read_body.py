"""The one door from a body to what it says."""

import re
import zlib
from typing import Any, cast

from sparkmon.errors import ProtocolError
from sparkmon.protocol.bodies import Parsed, read_one, refused
from sparkmon.protocol.body import Body, check_items
from sparkmon.protocol.csv_body import csv_rows, is_csv
from sparkmon.protocol.jsontext import loads_body, split_head
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import Half

HEAD_LENGTH = "inference-header-content-length"
"""The request header with the length of a V2 binary body's JSON head, in lower case."""

_CSV_PLACES = {"request": "instances", "response": "predictions"}
"""What rows of CSV are called in V1's words."""
_SERVER_SENT = re.compile(rb"\s*(?:data|event|id|retry):")


def read_body(
    payload: bytes,
    event_type: str,
    *,
    content_type: str | None = None,
    head_length: str | None = None,
    status_code: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    has_notes: bool = False,
) -> Body:
    """Read one body in the flat form that bulk work needs; never raises.

    ``content_type`` is that of the request, on both halves: a client's word, which alone makes no body one of gRPC, nor
    JSON one of CSV.
    ``head_length`` is the request's
    ``Inference-Header-Content-Length``, not used for a response. A ``status_code`` of 400 and above makes any body one
    of kind ``error``.
    """
    try:
        if event_type not in ("request", "response"):
            raise protocol_error(
                "UNKNOWN_EVENT_TYPE", f"got the event type {event_type[:80]!r}; expected KServe's request or response"
            )
        half = cast("Half", event_type)
        payload = _opened(payload, limits)
        kind = _kind_without_json(payload, content_type, status_code)
        if kind is not None:
            return Body(kind, size=len(payload))
        check_items(payload, limits)
        if is_csv(content_type, payload):
            json, tail = {_CSV_PLACES[half]: csv_rows(payload, limits)}, b""
        elif half == "request" and head_length is not None:
            json, tail = _cut(payload, head_length)
        else:
            try:
                json, tail = loads_body(payload), b""
            except ProtocolError:
                if _SERVER_SENT.match(payload):
                    return Body("sse", size=len(payload))
                json, tail = split_head(payload)
    except Exception as error:  # the boundary of the room
        return refused(error, len(payload) if isinstance(payload, bytes) else 0)
    return read_one(Parsed(half, [json], [tail], [len(payload)], has_notes), limits)


def _opened(payload: bytes, limits: Limits) -> bytes:
    if len(payload) > limits.payload_bytes:
        raise protocol_error(
            "BODY_TOO_LARGE", f"got {len(payload)} bytes; Limits.payload_bytes is {limits.payload_bytes}"
        )
    return gunzip(payload, limits.decompressed_bytes) if payload[:2] == GZIP_MAGIC else payload


def _kind_without_json(payload: bytes, content_type: str | None, status_code: int | None) -> str | None:
    """Name the kind of a body that is known without a look at its JSON."""
    if not payload:
        return "empty"
    is_frame = payload[0] in (0, 1)  # a message's first byte says whether it is compressed
    if is_frame and content_type is not None and content_type[:16].lower() == "application/grpc":
        return "grpc"
    return "error" if status_code is not None and status_code >= 400 else None


def _cut(payload: bytes, head_length: str) -> tuple[Any, bytes]:
    """Cut a request where its own header says the JSON head ends."""
    length = int(head_length) if re.fullmatch("[0-9]{1,12}", head_length) else -1
    if not 0 < length <= len(payload):
        raise protocol_error(
            "HEAD_LENGTH_WRONG",
            f"got Inference-Header-Content-Length {head_length[:20]!r} on a body of {len(payload)} bytes",
        )
    try:
        return loads_body(payload[:length]), payload[length:]
    except ProtocolError:
        raise protocol_error(
            "HEAD_LENGTH_WRONG", f"the first {length} bytes, which the header names, are not JSON"
        ) from None


GZIP_MAGIC = b"\x1f\x8b"
"""How every gzip member begins; the logger keeps no ``Content-Encoding``, so bodies are recognised by it."""

_GZIP = 16 + zlib.MAX_WBITS
_MEMBERS = 64


def gunzip(data: bytes, limit: int) -> bytes:
    """Decompress one or more gzip members, to ``limit`` bytes at most.

    Raises ProtocolError ``BODY_TOO_LARGE`` when more would come out, ``BODY_GZIP_BROKEN`` when ``data`` is cut short,
    damaged, or followed by something else.
    """
    parts: list[bytes] = []
    room = limit
    for _ in range(_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        try:
            part = member.decompress(data, room + 1)
        except zlib.error as error:
            raise protocol_error("BODY_GZIP_BROKEN", f"got a gzip body that is damaged ({error})") from None
        if len(part) > room:
            raise protocol_error(
                "BODY_TOO_LARGE",
                f"got a gzip body that opens to more than {limit} bytes; raise Limits.decompressed_bytes to take it",
            )
        if not member.eof:
            raise protocol_error("BODY_GZIP_BROKEN", "got a gzip body that ends in the middle of its stream")
        room -= len(part)
        parts.append(part)
        data = member.unused_data
        if not data:
            return b"".join(parts)
    raise protocol_error("BODY_GZIP_BROKEN", f"got a gzip body of more than {_MEMBERS} members")

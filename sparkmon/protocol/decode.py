"""The one door from an event to what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sparkmon.errors import ProtocolError
from sparkmon.protocol.body import Body, Rows, check_items, text_member
from sparkmon.protocol.classify import classify
from sparkmon.protocol.enrichment import ENRICHMENT_PARAMETER, Enrichment
from sparkmon.protocol.gunzip import GZIP_MAGIC, gunzip
from sparkmon.protocol.jsontext import loads, split_head
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import as_dead_letter, protocol_error
from sparkmon.protocol.v1 import read_instances
from sparkmon.protocol.v2 import read_tensors
from sparkmon.records import Decoded, Event, Half, Value

HEAD_LENGTH = "inference-header-content-length"
"""The request header with the length of a V2 binary body's JSON head, in lower case."""

_SERVER_SENT = re.compile(rb"\s*(?:data|event|id|retry):")


def decode(event: Event, limits: Limits = DEFAULT_LIMITS) -> Decoded:
    """Decode the body of one event; never raises for what the event holds.

    Parameters
    ----------
    event : Event
        An event as a source reads it. One that is a dead letter already stays one.
    limits : Limits
        The bounds of one event.

    Returns
    -------
    Decoded
        Its rows or predictions; or a kind that has none; or the dead letter that says why it could not be read.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> time = datetime(2026, 11, 23, tzinfo=timezone.utc)
    >>> said = decode(Event("1", "request", "pod", time, b'{"instances": [[6.8, 2.8]]}'))
    >>> said.kind, said.names, said.rows
    ('v1_request', ('feature_0', 'feature_1'), [[6.8, 2.8]])
    >>> print(decode(Event("2", "response", "pod", time, b"oops")).dead_letter.condition)
    BODY_NOT_JSON
    """
    if event.dead_letter is not None:
        return Decoded("dead_letter", dead_letter=event.dead_letter)
    body = read_body(
        event.payload,
        event.event_type,
        content_type=event.content_type,
        head_length=_first(event.metadata, HEAD_LENGTH),
        status_code=event.status_code,
        limits=limits,
    )
    names, values = body.rows.names, body.rows.values
    width = len(names)
    rows: list[Sequence[Value]] = [
        values[i * width : (i + 1) * width] for i in range(body.rows.count)
    ]
    return Decoded(
        body.kind,
        names,
        body.rows.named,
        rows=rows if event.event_type == "request" else (),
        predictions=rows if event.event_type == "response" else (),
        model_version=body.model_version,
        body_id=body.body_id,
        dead_letter=body.dead_letter,
        entities=_by_name(body.entities),
        row_flags=_by_name(body.row_flags),
    )


def _by_name(rows: Rows) -> list[dict[str, Value]]:
    width = len(rows.names)
    return [
        dict(zip(rows.names, rows.values[i * width : (i + 1) * width], strict=True))
        for i in range(rows.count)
    ]


def read_body(
    payload: bytes,
    event_type: str,
    *,
    content_type: str | None = None,
    head_length: str | None = None,
    status_code: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Body:
    """Read one body in the flat form that bulk work needs; never raises.

    Parameters
    ----------
    payload : bytes
        The body as logged.
    event_type : str
        ``request`` or ``response``; anything else is the dead letter ``UNKNOWN_EVENT_TYPE``.
    content_type : str, optional
        Of the request, on both halves; trusted for gRPC only.
    head_length : str, optional
        The request's ``Inference-Header-Content-Length``. Of a response it says nothing and is not used.
    status_code : int, optional
        400 and above make any body one of kind ``error``.
    limits : Limits
        The bounds of one event.
    """
    try:
        if event_type not in ("request", "response"):
            raise protocol_error(
                "UNKNOWN_EVENT_TYPE",
                f"got the event type {event_type[:80]!r}; expected KServe's request or response",
            )
        half = cast("Half", event_type)
        return _read(payload, half, content_type, head_length, status_code, limits)
    except Exception as error:  # the boundary of the room, see below
        return _refused(error, payload)


def read_parsed(json: Any, tail: bytes, half: Half, limits: Limits, size: int) -> Body:  # noqa: ANN401
    """Read a body of ``size`` bytes whose JSON is parsed; never raises.

    Parameters
    ----------
    json : object
        The body's JSON, or that of its head.
    tail : bytes
        What follows the head.
    half : {"request", "response"}
        Whose body it is.
    limits : Limits
        The bounds of one event.
    size : int
        Bytes of the body.
    """
    try:
        return _understand(json, tail, half, limits, size)
    except Exception as error:  # the boundary of the room, see below
        return _refused(error, b"", size)


def _refused(error: Exception, payload: bytes, size: int = 0) -> Body:
    if isinstance(error, ProtocolError):
        letter = as_dead_letter(error)
        return Body("dead_letter", dead_letter=letter, size=size or len(payload))
    # Bytes from outside must not stop a stream, whatever they trip over.
    reason = f"the decoder failed ({type(error).__name__}: {error!s:.200}); please report it"
    letter = as_dead_letter(protocol_error("DECODER_FAILED", reason))
    return Body("dead_letter", dead_letter=letter)


def _read(
    payload: bytes,
    half: Half,
    content_type: str | None,
    head_length: str | None,
    status_code: int | None,
    limits: Limits,
) -> Body:
    if len(payload) > limits.payload_bytes:
        raise protocol_error(
            "BODY_TOO_LARGE",
            f"got {len(payload)} bytes; Limits.payload_bytes is {limits.payload_bytes}",
        )
    if payload[:2] == GZIP_MAGIC:
        payload = gunzip(payload, limits.decompressed_bytes)
    if not payload:
        return Body("empty")
    if content_type is not None and content_type[:16].lower() == "application/grpc":
        return Body("grpc", size=len(payload))
    if status_code is not None and status_code >= 400:
        return Body("error", size=len(payload))
    check_items(payload, limits)
    tail = b""
    if half == "request" and head_length is not None:
        body, tail = _cut(payload, head_length)
    else:
        try:
            body = loads(payload)
        except ProtocolError:
            if _SERVER_SENT.match(payload):
                return Body("sse", size=len(payload))
            body, tail = split_head(payload)
    return _understand(body, tail, half, limits, len(payload))


def _understand(body: Any, tail: bytes, half: Half, limits: Limits, size: int) -> Body:  # noqa: ANN401
    kind = classify(body, half)
    read = Body(kind, body_id=text_member(body, "id"), size=size)
    if kind == "v2_request" or kind == "v2_response":
        read.model_version = text_member(body, "model_version")
        read.rows = read_tensors(body["inputs" if half == "request" else "outputs"], tail, limits)
        _take_enrichment(body, read, limits)
        return read
    if tail:
        raise protocol_error(
            "BODY_NOT_JSON", f"got {len(tail)} bytes after the JSON of a {kind} body"
        )
    if kind == "v1_request":
        key = "instances" if "instances" in body else "inputs"
        read.rows = read_instances(body[key], half, limits)
        _take_enrichment(body, read, limits)
    elif kind == "v1_response":
        read.rows = read_instances(body["predictions"], half, limits)
    return read


def _take_enrichment(body: dict[str, Any], read: Body, limits: Limits) -> None:
    """Read what a transformer noted on the request it made; a response has no such note."""
    parameters = body.get("parameters")
    if type(parameters) is not dict or ENRICHMENT_PARAMETER not in parameters:
        return
    text = parameters[ENRICHMENT_PARAMETER]
    count = read.rows.count
    note = Enrichment.from_text(text, count, limits)
    read.entities, read.row_flags = note.entity_rows(count), note.note_rows(count)
    read.size += len(text)


def _cut(payload: bytes, head_length: str) -> tuple[Any, bytes]:
    """Cut a request where its own header says the JSON head ends."""
    length = int(head_length) if re.fullmatch("[0-9]{1,12}", head_length) else -1
    if not 0 < length <= len(payload):
        raise protocol_error(
            "HEAD_LENGTH_WRONG",
            f"got Inference-Header-Content-Length {head_length[:20]!r} on a body of {len(payload)} bytes",
        )
    try:
        return loads(payload[:length]), payload[length:]
    except ProtocolError:
        raise protocol_error(
            "HEAD_LENGTH_WRONG", f"the first {length} bytes, which the header names, are not JSON"
        ) from None


def _first(metadata: Mapping[str, Sequence[str]], name: str) -> str | None:
    for key, values in metadata.items():
        if values and key.lower() == name:
            return values[0]
    return None

"""CloudEvents 1.0 as KServe's logger posts them (binary mode) and as Kafka carries them (binary and structured)."""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sparkmon.errors import ProtocolError
from sparkmon.protocol.attributes import ATTRIBUTES, INFERENCE_TYPES, event_of, set_aside
from sparkmon.protocol.body import check_items, check_size
from sparkmon.protocol.jsontext import loads, skip_space, value_end
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import as_dead_letter, protocol_error
from sparkmon.records import DeadLetter, Event

_MORE = re.compile(r'[ \t\n\r]*,[ \t\n\r]*"')
_MEMBERS = 256


def read_structured(body: bytes) -> tuple[dict[str, Any], bytes, DeadLetter | None]:
    """Read the attributes of a structured-mode event, its data, and what is wrong with it, member by member.

    Producers paste the body into ``data`` as it is (the Java SDK behind Knative does), so the whole is no JSON when the
    body is none: a stream of server-sent events, or a request cut short. So the attributes of such an event are kept,
    and its body byte for byte.

    Of a repeated member the first counts: a body cannot replace what comes before it. The payload is ``data`` verbatim
    (a string is its text where ``datacontenttype`` is not JSON), ``data_base64`` decoded, nothing if both are absent or
    null, and the whole ``body`` if it cannot be read.
    """
    try:
        members, data = _members(body.decode("latin-1"))
        attributes = {name: loads(value.encode("latin-1")) for name, value in members.items()}
    except ProtocolError as error:
        return {}, body, DeadLetter("EVENT_NOT_JSON", as_dead_letter(error).reason)
    except (ValueError, RecursionError) as error:
        reason = f"a member of the event is no JSON ({error!s:.120})"
        return {}, body, DeadLetter("EVENT_NOT_JSON", reason)
    if data is not None:
        return attributes, _text_of(data.encode("latin-1"), attributes.get("datacontenttype")), None
    encoded = attributes.pop("data_base64", None)
    if encoded is None:
        return attributes, b"", None
    try:
        return attributes, base64.b64decode(encoded, validate=True), None
    except (ValueError, TypeError) as error:
        reason = f"data_base64 is damaged ({error!s:.120})"
        return attributes, body, DeadLetter("DATA_BASE64_BROKEN", reason)


def _members(text: str) -> tuple[dict[str, str], str | None]:
    """Split the object's text into the texts of its members; ``data`` apart, None when absent or null.

    The text holds one character per byte, so its members encode back to the bytes they were.
    """
    end = len(text.rstrip(" \t\n\r"))
    at = skip_space(text, 0)
    if text[at : at + 1] != "{" or text[end - 1 : end] != "}" or end - at < 2:
        raise protocol_error("EVENT_NOT_JSON", f"got {len(text)} bytes that do not begin and end as a JSON object")
    members: dict[str, str] = {}
    data: str | None = None
    at = skip_space(text, at + 1)
    while at < end - 1:
        name, start = _name(text, at)
        at = _value_end(text, start, end, is_data=name == "data")
        if name == "data":
            data = text[start:at] if data is None else data
        else:
            members.setdefault(name, text[start:at])
        if len(members) > _MEMBERS:
            raise protocol_error("EVENT_NOT_JSON", f"got an event of more than {_MEMBERS} members")
        more = _MORE.match(text, at)
        if more is None and skip_space(text, at) != end - 1:
            raise protocol_error("EVENT_NOT_JSON", f"expected a comma or the end at byte {at}")
        at = end if more is None else more.end() - 1
    return members, None if data == "null" else data


def _name(text: str, at: int) -> tuple[str, int]:
    """Read a member's name, and find where its value begins."""
    if text[at] != '"':
        raise protocol_error("EVENT_NOT_JSON", f"expected a name at byte {at}")
    end = value_end(text, at)
    colon = skip_space(text, end)
    if text[colon : colon + 1] != ":":
        raise protocol_error("EVENT_NOT_JSON", f"expected a colon at byte {colon}")
    return str(loads(text[at:end].encode("latin-1"))), skip_space(text, colon + 1)


def _value_end(text: str, start: int, end: int, *, is_data: bool) -> int:
    """Find where a member's value ends; data that is no JSON reaches to the object's last brace."""
    try:
        at = value_end(text, start)
    except (ValueError, RecursionError):
        if not is_data:
            raise
        return end - 1
    if is_data and skip_space(text, at) != end - 1 and _MORE.match(text, at) is None:
        return end - 1
    return at


def _text_of(payload: bytes, content_type: object) -> bytes:
    """Unquote data that is a JSON string standing for a text that is not JSON."""
    is_json = type(content_type) is not str or "json" in content_type.lower()
    if is_json or payload[:1] != b'"':
        return payload
    try:
        return str(loads(payload)).encode("utf-8")
    except ProtocolError:
        return payload


_STRUCTURED = "application/cloudevents+json"
_OF_CLIENT = frozenset({"content-type", "id", "metadata"})
"""What KServe takes from a client's headers: it may cost what it says, and not the event."""


def from_http(
    headers: Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[str | bytes, str | bytes]],
    body: bytes,
    *,
    received_time: datetime | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Event:
    """Read the event of one HTTP request; never raises for what the request holds.

    ``headers`` have names in any case, of a repeated one the first counts; values are bytes, or the Latin-1 text that
    HTTP servers make of them: KServe sends ``Ce-Metadata`` as raw UTF-8. ``received_time``, timezone-aware, is the
    ``event_time`` of an event without a time. An event of a time well after it is a dead letter (``TIME_AHEAD``), here
    and in the functions below. ``limits`` bound one event.

    The event has ``dead_letter`` set where the request is no sound CloudEvent, and all fields that could be read.

    >>> headers = {"Ce-Id": "1", "Ce-Source": "pod", "Ce-Time": "2026-11-23T00:36:06Z",
    ...            "Ce-Type": "org.kubeflow.serving.inference.request", "Ce-Inferenceservicename": "iris"}
    >>> event = from_http(headers, b'{"instances": [[1.0]]}')
    >>> event.event_type, event.model, event.dead_letter
    ('request', 'iris', None)
    >>> print(from_http({}, b"hello").dead_letter)
    [NOT_A_CLOUDEVENT] got neither ce- attributes nor the content type application/cloudevents+json
    """
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return _from_pairs(pairs, "ce-", body, received_time, limits)


def from_kafka(
    headers: Sequence[tuple[str, bytes | None]],
    value: bytes | None,
    *,
    received_time: datetime | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Event:
    """Read the event of one Kafka record, in either content mode; never raises for what the record holds.

    ``headers`` are ``ce_*`` and ``content-type``, of a repeated key the first counts; a null ``value`` stands for an
    empty body; ``received_time`` is the record's timestamp. Otherwise as :func:`from_http`.
    """
    pairs = ((name, item) for name, item in headers if item is not None)
    return _from_pairs(pairs, "ce_", value or b"", received_time, limits)


def from_structured(body: bytes, *, received_time: datetime | None = None, limits: Limits = DEFAULT_LIMITS) -> Event:
    """Read an event in structured mode: one JSON object with attributes and data; never raises for its content.

    ``data`` is kept byte for byte, also where it is no JSON. Otherwise as :func:`from_http`.
    """
    try:
        check_size(body, limits)
        check_items(body, limits)
    except ProtocolError as error:
        return set_aside(body, error, received_time)
    attributes, payload, dead_letter = read_structured(body)
    return event_of(
        attributes,
        payload,
        content_type=attributes.get("datacontenttype"),
        received_time=received_time,
        limits=limits,
        dead_letter=dead_letter,
    )


def _from_pairs(
    pairs: Iterable[tuple[str | bytes, str | bytes]],
    prefix: str,
    body: bytes,
    received_time: datetime | None,
    limits: Limits,
) -> Event:
    attributes, content_type, dead_letter = _read_headers(pairs, prefix, limits)
    structured = content_type is not None and content_type[:28].lower() == _STRUCTURED
    # A client may post a CloudEvent of its own to the model: the logger's attributes then say what it is.
    if structured and attributes.get("type") not in INFERENCE_TYPES:
        return from_structured(body, received_time=received_time, limits=limits)
    if dead_letter is None and not attributes:
        dead_letter = DeadLetter(
            "NOT_A_CLOUDEVENT", f"got neither {prefix} attributes nor the content type {_STRUCTURED}"
        )
    try:
        check_size(body, limits)
    except ProtocolError as error:
        dead_letter = dead_letter or as_dead_letter(error)
    return event_of(
        attributes, body, content_type=content_type, received_time=received_time, limits=limits, dead_letter=dead_letter
    )


def _read_headers(
    pairs: Iterable[tuple[str | bytes, str | bytes]], prefix: str, limits: Limits
) -> tuple[dict[str, str], str | None, DeadLetter | None]:
    """Read the attributes and the content type, and what was wrong with them first."""
    attributes: dict[str, str] = {}
    content_type: str | None = None
    dead_letter: DeadLetter | None = None
    size = 0
    for count, (raw_name, raw_value) in enumerate(pairs):
        size += len(raw_name) + len(raw_value)
        if count == limits.headers or size > limits.header_bytes:
            reason = f"got more than {limits.headers} headers or {limits.header_bytes} bytes of them"
            return attributes, content_type, dead_letter or DeadLetter("HEADERS_TOO_LARGE", reason)
        name = (raw_name.decode("latin-1") if isinstance(raw_name, bytes) else raw_name).lower()
        attribute = name.removeprefix(prefix)
        is_type = name == "content-type"
        if not is_type and (attribute == name or attribute not in ATTRIBUTES):
            continue
        value = _header_text(raw_value, is_of_client=attribute in _OF_CLIENT)
        if value is None:
            dead_letter = dead_letter or DeadLetter("HEADER_NOT_UTF8", f"the value of {name} is not UTF-8")
        elif is_type:
            content_type = value if content_type is None else content_type
        else:
            attributes.setdefault(attribute, value)
    return attributes, content_type, dead_letter


def _header_text(value: str | bytes, *, is_of_client: bool) -> str | None:
    """Undo the Latin-1 reading of HTTP servers; None when the bytes are not UTF-8, or U+FFFD if a client wrote them."""
    try:
        raw = value if isinstance(value, bytes) else value.encode("latin-1")
    except UnicodeEncodeError:
        # Characters beyond Latin-1: somebody has decoded the value already.
        raw = str(value).encode("utf-8", "surrogatepass")
    try:
        return raw.decode("utf-8", "replace" if is_of_client else "strict")
    except UnicodeDecodeError:
        return None

"""The JSON of a structured-mode CloudEvent, read member by member.

Producers paste the body into ``data`` as it is (the Java SDK behind Knative does), so the whole is no JSON when the
body is none: a stream of server-sent events, or a request cut short. Reading by members keeps the attributes of such an
event, and keeps the body byte for byte.
"""

import base64
import re
from typing import Any

from sparkmon.errors import ProtocolError
from sparkmon.protocol.jsontext import loads, skip_space, value_end
from sparkmon.protocol.protocol_error import as_dead_letter, protocol_error
from sparkmon.records import DeadLetter

_MORE = re.compile(r'[ \t\n\r]*,[ \t\n\r]*"')
_MEMBERS = 256


def read_structured(body: bytes) -> tuple[dict[str, Any], bytes, DeadLetter | None]:
    """Read the attributes of a structured-mode event, its data, and what is wrong with it.

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

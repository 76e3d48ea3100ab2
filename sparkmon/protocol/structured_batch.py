"""CloudEvents' batched JSON: an array of structured events in one HTTP request."""

import base64
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from sparkmon.errors import ProtocolError
from sparkmon.json_bytes import dumps
from sparkmon.protocol.attributes import INFERENCE_TYPES
from sparkmon.protocol.body import check_items
from sparkmon.protocol.cloudevents import from_structured
from sparkmon.protocol.jsontext import skip_space, value_end
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import Event

BATCH_TYPE = "application/cloudevents-batch+json"
"""The content type of a batch."""

_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_TYPE = BATCH_TYPE.encode()
_LOGGED = frozenset(name.encode() for name in INFERENCE_TYPES)


def is_structured_batch(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether a request carries a batch, by its headers in lower case, as ASGI servers give them.

    A logger's event whose body is a batch that a client posted to its model is one event.
    """
    batch = False
    for name, value in headers:
        if name == b"content-type":
            batch = batch or value[: len(_TYPE)].lower() == _TYPE
        elif name == b"ce-type" and value in _LOGGED:
            return False
    return batch


def from_structured_batch(
    body: bytes, *, received_time: datetime | None = None, limits: Limits = DEFAULT_LIMITS
) -> list[Event]:
    """Read the events of a batch as :func:`sparkmon.protocol.from_structured` does; none spoils another.

    Raises ProtocolError ``BATCH_NOT_JSON``: the body is no JSON array, so its events cannot be separated;
    ``BATCH_TOO_LONG``, ``TOO_MANY_VALUES``: it has more than ``limits`` allow.
    """
    check_items(body, limits)
    return [from_structured(item, received_time=received_time, limits=limits) for item in _items(body, limits)]


def to_structured_batch(events: Iterable[tuple[Mapping[str, str], bytes]]) -> bytes:
    """Write events, each the headers and the body of one in binary mode, as a batch; base64 preserves every byte.

    A header that is neither an attribute nor the content type is omitted: this form has no place for it.

    >>> to_structured_batch([({"Ce-Id": "1", "Content-Type": "text/plain"}, b"hello")])
    b'[{"id":"1","datacontenttype":"text/plain","data_base64":"aGVsbG8="}]'
    """
    items = []
    for headers, body in events:
        members: dict[str, str] = {}
        for name, value in headers.items():
            key = name.lower()
            if key == "content-type":
                members["datacontenttype"] = value
            elif key.startswith("ce-"):
                members[key[3:]] = value
        if body:
            members["data_base64"] = base64.b64encode(body).decode("ascii")
        items.append(members)
    return dumps(items)


def _items(body: bytes, limits: Limits) -> list[bytes]:
    """Cut the array into the bytes of its items."""
    # JSON's own marks are ASCII, and Latin-1 keeps every byte at its place.
    text = body.decode("latin-1")
    end = len(text.rstrip(" \t\n\r"))
    at = skip_space(text, 0)
    if text[at : at + 1] != "[" or text[end - 1 : end] != "]" or end - at < 2:
        raise _broken(f"got {len(body)} bytes that do not begin and end as a JSON array")
    at = skip_space(text, at + 1)
    items: list[bytes] = []
    is_more = at < end - 1
    while is_more:
        if len(items) == limits.batch_events:
            reason = f"got more than {limits.batch_events} events; send them in smaller batches"
            raise protocol_error("BATCH_TOO_LONG", reason)
        try:
            stop = value_end(text, at)
        except (ValueError, RecursionError) as error:
            reason = f"event {len(items) + 1} of the batch is no JSON ({error!s:.120})"
            raise _broken(reason) from None
        items.append(body[at:stop])
        comma = _COMMA.match(text, stop)
        is_more = comma is not None
        at = skip_space(text, stop) if comma is None else comma.end()
    if at != end - 1:
        raise _broken(f"expected a comma or the end at byte {at}")
    return items


def _broken(reason: str) -> ProtocolError:
    return protocol_error("BATCH_NOT_JSON", reason)

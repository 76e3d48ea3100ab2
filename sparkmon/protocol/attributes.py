"""The attributes of a CloudEvent to an event: the part that every way of carrying one shares."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from sparkmon.errors import ProtocolError
from sparkmon.interval import EPOCH
from sparkmon.protocol.jsontext import loads
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.protocol_error import as_dead_letter
from sparkmon.records import DeadLetter, Event

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?"
    r"([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_FIRST_RECEIPT = datetime(1971, 1, 1, tzinfo=timezone.utc)


def parse_time(text: str) -> datetime | None:
    """Read an RFC 3339 timestamp as UTC; digits beyond microseconds are cut, not rounded.

    None if it is none, or before 1970: a time that was never set is in the year 1 in Go.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction, zone = match.group(7), match.group(8)
    microsecond = int(fraction[:6].ljust(6, "0")) if fraction else 0
    try:
        time = datetime(year, month, day, hour, minute, second, microsecond, timezone.utc)
        if zone not in "Zz":
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
            time = time - offset if zone[0] == "+" else time + offset
    except (ValueError, OverflowError):
        return None
    return time if time >= EPOCH else None


def receipt_time(time: datetime | None) -> datetime | None:
    """Return when an event was received; None where a clock says nothing: -1, or seconds read as milliseconds."""
    return None if time is None or time < _FIRST_RECEIPT else time


KSERVE_TYPES = {
    "org.kubeflow.serving.inference.request": "request",
    "org.kubeflow.serving.inference.response": "response",
}
"""KServe's two ``ce-type`` values and the short names they get."""

INFERENCE_TYPES = KSERVE_TYPES | {f"io.seldon.serving.inference.{half}": half for half in KSERVE_TYPES.values()}
"""These, and those of Seldon's logger."""

ATTRIBUTES = frozenset(
    {
        "annotations",
        "component",
        "endpoint",
        "id",
        "inferenceservicename",
        "metadata",
        "namespace",
        "recordedtime",
        "requestid",
        "source",
        "statuscode",
        "time",
        "type",
    }
)
"""The attributes that are read, by their CloudEvents names; others are ignored."""

_NOT_UTF8 = "\ufffd"
"""What stands, here and in the JSON that Go writes, for bytes of a client's header that are no UTF-8."""

_T = TypeVar("_T")


def event_of(
    attributes: Mapping[str, Any],
    payload: bytes,
    *,
    content_type: object,
    received_time: datetime | None,
    limits: Limits,
    dead_letter: DeadLetter | None = None,
) -> Event:
    """Build an event from attributes by name; never raises for their values.

    ``metadata`` and ``annotations`` may be objects or their text, ``statuscode`` a number or its text. ``dead_letter``
    is what went wrong before, and takes precedence. ``received_time`` replaces a time that is missing or malformed.
    """
    problems: list[DeadLetter] = [] if dead_letter is None else [dead_letter]
    text = {
        name: value
        for name, value in attributes.items()
        if type(value) is str and name not in ("metadata", "annotations", "statuscode")
    }
    received_time = receipt_time(received_time)
    missing = [name for name in ("id", "type", "source") if not text.get(name)]
    if received_time is None and attributes.get("time") is None:
        missing.append("time")
    for name in missing:
        reason = f"the event has no {name}; CloudEvents of KServe have one"
        problems.append(DeadLetter("EVENT_FIELD_MISSING", reason))
    event_type = text.get("type", "")
    metadata = _object(attributes.get("metadata"), _METADATA, _texts, problems)
    if text.get("requestid"):  # Seldon's logger names the call so; its two events have ids of their own
        metadata = {"X-Request-Id": [text["requestid"]], **metadata}
    event = Event(
        event_id=text.get("id", ""),
        event_type=INFERENCE_TYPES.get(event_type, event_type),
        source=text.get("source", ""),
        event_time=_time(attributes, "time", problems) or received_time or EPOCH,
        payload=payload,
        model=text.get("inferenceservicename", ""),
        namespace=text.get("namespace", ""),
        component=text.get("component", ""),
        endpoint=text.get("endpoint", ""),
        content_type=content_type if type(content_type) is str else None,
        metadata=metadata,
        annotations=_object(attributes.get("annotations"), _ANNOTATIONS, _text, problems),
        status_code=_status(attributes.get("statuscode"), problems),
        recorded_time=_time(attributes, "recordedtime", problems),
    )
    return bounded(replace(event, dead_letter=problems[0] if problems else None), received_time, limits)


def set_aside(payload: bytes, error: ProtocolError, received_time: datetime | None, event_id: str = "") -> Event:
    """Build the dead letter of bytes of which nothing could be read."""
    time, letter = receipt_time(received_time) or EPOCH, as_dead_letter(error)
    return Event(event_id, "", "", time, payload, dead_letter=letter)


def bounded(event: Event, received_time: datetime | None, limits: Limits) -> Event:
    """Set an event aside, at the time at which it was received, that claims a time well after it.

    The newest event sets the time of a stream: one from the year 2099 would close every window, and all that came after
    it would be late. A pod whose clock is an hour ahead would do so for an hour.
    """
    received_time = receipt_time(received_time)
    if received_time is None:
        return event
    ahead = (event.event_time - received_time).total_seconds()
    if ahead <= limits.ahead_s:
        return event
    letter = event.dead_letter or time_ahead(event.event_time.isoformat(), ahead, limits.ahead_s)
    return replace(event, event_time=received_time, dead_letter=letter)


def time_ahead(event_time: str, ahead_s: float, allowed_s: float) -> DeadLetter:
    """Make the dead letter of an event that claims a time well after it was received."""
    return DeadLetter(
        "TIME_AHEAD",
        f"got the time {event_time}, {ahead_s:.0f} s after the event was received; "
        f"{allowed_s:g} s are allowed: set the sender's clock",
    )


def _time(attributes: Mapping[str, Any], name: str, problems: list[DeadLetter]) -> datetime | None:
    value = attributes.get(name)
    time = parse_time(value) if type(value) is str else None
    if value is not None and time is None:
        excerpt = repr(value[:40]) if type(value) is str else f"as {type(value).__name__}"
        reason = f"got the {name} {excerpt}; expected an RFC 3339 timestamp from 1970 on"
        problems.append(DeadLetter("EVENT_TIME_MALFORMED", reason))
    return time


_METADATA = "METADATA_MALFORMED", "metadata", "the metadata value of {!r} is no list of strings"
_ANNOTATIONS = "ANNOTATIONS_MALFORMED", "annotations", "the annotation {!r} is no string"


def _object(
    value: object, about: tuple[str, str, str], read: Callable[[object], _T | None], problems: list[DeadLetter]
) -> dict[str, _T]:
    """Read an attribute that is a JSON object, or the text of one; absent, empty and null are ``{}``."""
    condition, attribute, item_malformed = about
    if type(value) is str and value:
        try:
            value = loads(value.encode("utf-8"))
        except ProtocolError:
            value = 0
    if value is None or value == "":
        return {}
    if type(value) is not dict:
        problems.append(DeadLetter(condition, f"the attribute {attribute} is no JSON object of strings"))
        return {}
    items = {name: read(item) for name, item in value.items()}
    for name in (name for name, item in items.items() if item is None):
        problems.append(DeadLetter(condition, item_malformed.format(name[:40])))
    return {name: item for name, item in items.items() if item is not None}


def _text(item: object) -> str | None:
    return item if type(item) is str else None


def _texts(item: object) -> list[str] | None:
    texts = [item] if type(item) is str else item
    if type(texts) is not list or not all(type(text) is str for text in texts):
        return None
    return [text for text in texts if _NOT_UTF8 not in text]


def _status(value: object, problems: list[DeadLetter]) -> int | None:
    if value is None or value == "":
        return None
    text = str(value) if type(value) is int else value
    if type(text) is str and len(text) == 3 and text.isascii() and text.isdigit():
        return int(text)
    problems.append(DeadLetter("STATUS_CODE_MALFORMED", "ce-statuscode is no number of three digits"))
    return None

"""The attributes of a CloudEvent to an event: the part that every way of carrying one shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sparkmon.errors import ProtocolError
from sparkmon.interval import EPOCH
from sparkmon.protocol.jsontext import loads
from sparkmon.protocol.times import parse_time
from sparkmon.records import DeadLetter, Event

KSERVE_TYPES = {
    "org.kubeflow.serving.inference.request": "request",
    "org.kubeflow.serving.inference.response": "response",
}
"""KServe's two ``ce-type`` values and the short names they get."""

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
        "source",
        "statuscode",
        "time",
        "type",
    }
)
"""The attributes that are read, by their CloudEvents names; others are ignored."""


def event_of(
    attributes: Mapping[str, Any],
    payload: bytes,
    *,
    content_type: str | None,
    received_time: datetime | None,
    dead_letter: DeadLetter | None = None,
) -> Event:
    """Build an event from attributes by name; never raises for their values.

    Parameters
    ----------
    attributes : mapping
        Attribute name to value, a string except that ``metadata`` and ``annotations`` may be objects already and
        ``statuscode`` a number.
    payload : bytes
        The body.
    content_type : str or None
        Of the body.
    received_time : datetime or None
        Replaces a time that is missing or malformed; without it, the epoch does.
    dead_letter : DeadLetter, optional
        What went wrong before; it takes precedence over anything that is wrong here.

    Examples
    --------
    >>> event = event_of({"id": "1", "type": "a.b", "source": "pod"}, b"", content_type=None, received_time=None)
    >>> event.event_type, str(event.dead_letter)
    ('a.b', '[EVENT_FIELD_MISSING] the event has no time; CloudEvents of KServe have one')
    """
    problems: list[DeadLetter] = [] if dead_letter is None else [dead_letter]
    text = {
        name: value
        for name, value in attributes.items()
        if type(value) is str and name not in ("metadata", "annotations", "statuscode")
    }
    for name in ("id", "type", "source"):
        if not text.get(name):
            problems.append(_missing(name))
    event_time = _time(text, "time", problems)
    if event_time is None and received_time is None and "time" not in text:
        problems.append(_missing("time"))
    metadata = _metadata(attributes.get("metadata"), problems)
    annotations = _annotations(attributes.get("annotations"), problems)
    status_code = _status(attributes.get("statuscode"), problems)
    event_type = text.get("type", "")
    return Event(
        event_id=text.get("id", ""),
        event_type=KSERVE_TYPES.get(event_type, event_type),
        source=text.get("source", ""),
        event_time=event_time or received_time or EPOCH,
        payload=payload,
        model=text.get("inferenceservicename", ""),
        namespace=text.get("namespace", ""),
        component=text.get("component", ""),
        endpoint=text.get("endpoint", ""),
        content_type=content_type,
        recorded_time=_time(text, "recordedtime", problems),
        status_code=status_code,
        metadata=metadata,
        annotations=annotations,
        dead_letter=problems[0] if problems else None,
    )


def _missing(name: str) -> DeadLetter:
    return DeadLetter(
        "EVENT_FIELD_MISSING", f"the event has no {name}; CloudEvents of KServe have one"
    )


def _time(text: Mapping[str, str], name: str, problems: list[DeadLetter]) -> datetime | None:
    value = text.get(name)
    if value is None:
        return None
    time = parse_time(value)
    if time is None:
        reason = f"got the {name} {value[:40]!r}; expected an RFC 3339 timestamp"
        problems.append(DeadLetter("EVENT_TIME_MALFORMED", reason))
    return time


def _object(value: object, name: str, problems: list[DeadLetter]) -> dict[str, Any]:
    """Read an attribute that is a JSON object, or the text of one; absent, empty and null are ``{}``."""
    if value is None or value == "":
        return {}
    if type(value) is str:
        try:
            value = loads(value.encode("utf-8"))
        except ProtocolError:
            value = 0
    if value is None:
        return {}
    if type(value) is dict:
        return value
    condition = "METADATA_MALFORMED" if name == "metadata" else "ANNOTATIONS_MALFORMED"
    problems.append(DeadLetter(condition, f"the attribute {name} is no JSON object of strings"))
    return {}


def _metadata(value: object, problems: list[DeadLetter]) -> dict[str, list[str]]:
    read: dict[str, list[str]] = {}
    for name, values in _object(value, "metadata", problems).items():
        one = [values] if type(values) is str else values
        if type(one) is not list or any(type(item) is not str for item in one):
            reason = f"the metadata value of {name[:40]!r} is no list of strings"
            problems.append(DeadLetter("METADATA_MALFORMED", reason))
        else:
            read[name] = one
    return read


def _annotations(value: object, problems: list[DeadLetter]) -> dict[str, str]:
    read: dict[str, str] = {}
    for name, text in _object(value, "annotations", problems).items():
        if type(text) is not str:
            reason = f"the annotation {name[:40]!r} is no string"
            problems.append(DeadLetter("ANNOTATIONS_MALFORMED", reason))
        else:
            read[name] = text
    return read


def _status(value: object, problems: list[DeadLetter]) -> int | None:
    if value is None or value == "":
        return None
    text = str(value) if type(value) is int else value
    if type(text) is str and len(text) == 3 and text.isascii() and text.isdigit():
        return int(text)
    problems.append(
        DeadLetter("STATUS_CODE_MALFORMED", "ce-statuscode is no number of three digits")
    )
    return None

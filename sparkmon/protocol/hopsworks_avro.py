"""The inference log of Hopsworks deployments, plain Avro records on a Kafka topic, to events.

A record carries neither the id nor the version of its schema. Versions 1 to 3 hold both halves of a call, version 4
holds one, named by ``messageType``.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

from sparkmon.errors import MissingExtraError, ProtocolError
from sparkmon.interval import EPOCH
from sparkmon.protocol.attributes import bounded, set_aside
from sparkmon.protocol.body import check_size
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import Event

SchemaVersion: TypeAlias = Literal[1, 2, 3, 4]
"""The versions of Hopsworks' subject ``inferenceschema``."""

TimeUnit: TypeAlias = Literal["auto", "s", "ms"]
"""How ``requestTimestamp`` counts since 1970; ``auto`` takes numbers below 10 ** 11 for seconds."""

_TEXTS = {1: 2, 2: 3, 3: 4, 4: 3}
"""Texts that follow the numbers, by version: 2 and 4 have the same form."""
_MOST_TEXTS = max(_TEXTS.values())
_LONGEST_NAME = 1024
_FIRST_MILLISECONDS = 10**11
_INTS = ("serving_id", "model_version", "status_code")


class _Record(NamedTuple):
    serving_id: int
    model: str
    model_version: int
    timestamp: int
    status_code: int
    texts: list[bytes]


def from_hopsworks_avro(
    value: bytes | None,
    *,
    position: str = "",
    schema_version: SchemaVersion | None = None,
    time_unit: TimeUnit = "auto",
    received_time: datetime | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Event]:
    """Read the events of one record; never raises for what the record holds.

    ``value`` is the Kafka record's. ``position`` identifies it, the same at every replay, such as topic, partition and
    offset; it is the id of events without one, of versions 1 to 3 and dead letters, else a digest of the bytes is.
    ``schema_version`` is that of all records. Without it each is recognised: 1 and 3 by their number of fields, 4 by
    its ``messageType``, 2 by a request that is a JSON object. ``time_unit`` is that of ``requestTimestamp``; ``auto``
    is right for times from 1973 to the year 5138. ``received_time`` is the record's own timestamp, and the time of a
    dead letter; an event of well after it is one (``TIME_AHEAD``). ``limits`` bound one event.

    It is a request and a response of versions 1 to 3, one of them of version 4, or one dead letter with the record's
    bytes. ``model`` is ``modelName``, ``component`` is ``predictor``, ``source`` names the deployment by its id, and
    the annotation ``model-version`` is ``modelVersion``. Responses have the status code, where it is one.

    Raises MissingExtraError: fastavro is not installed.
    """
    value = value or b""
    record_id = position or hashlib.sha256(value).hexdigest()[:32]
    try:
        record = _read(value, limits)
        version = _version_of(record.texts) if schema_version is None else schema_version
        events = _events(record, version, record_id, time_unit)
        return [bounded(event, received_time, limits) for event in events]
    except ProtocolError as error:
        return [set_aside(value, error, received_time, record_id)]


@cache
def avro_reader() -> tuple[Callable[..., Any], Any, Any]:
    """Give fastavro's reader, and the schemas of a record's first fields and of a text; or MissingExtraError."""
    try:
        import fastavro
    except ImportError as error:
        raise MissingExtraError.of("fastavro", "hopsworks") from error
    # Texts are read as bytes, which look the same in Avro: payloads stay as they were written.
    kinds = ("int", "bytes", "int", "long", "int")
    names = ("serving_id", "model", "model_version", "timestamp", "status_code")
    fields = [{"name": name, "type": kind} for name, kind in zip(names, kinds, strict=True)]
    first = fastavro.parse_schema({"type": "record", "name": "first", "fields": fields})
    return fastavro.schemaless_reader, first, fastavro.parse_schema("bytes")


def _read(value: bytes, limits: Limits) -> _Record:
    """Read the fields by their form, which does not distinguish versions 2 and 4."""
    check_size(value, limits)
    read, first, text = avro_reader()
    stream = io.BytesIO(value)
    texts: list[bytes] = []
    try:
        head = read(stream, first)
        while stream.tell() < len(value) and len(texts) < _MOST_TEXTS:
            texts.append(read(stream, text))
    except (EOFError, IndexError, OverflowError, ValueError) as error:
        reason = f"got {len(value)} bytes that end inside a field of the inference log"
        raise protocol_error("AVRO_MALFORMED", reason) from error
    rest = len(value) - stream.tell()
    if rest or len(texts) not in _TEXTS.values():
        raise protocol_error(
            "AVRO_MALFORMED",
            f"got {len(texts)} texts and {rest} bytes after them; expected 2, 3 or 4 texts and no bytes",
        )
    for name in _INTS:
        if not -(2**31) <= head[name] < 2**31:
            raise protocol_error("AVRO_MALFORMED", f"got a {name} beyond 32 bits: {head[name]}")
    record = _Record(**head | {"model": _text(head["model"], "modelName")}, texts=texts)
    if not record.model:
        raise protocol_error("EVENT_FIELD_MISSING", "the record has no modelName")
    return record


def _version_of(texts: list[bytes]) -> SchemaVersion:
    if len(texts) != _TEXTS[4]:
        return 1 if len(texts) == _TEXTS[1] else 3
    if texts[1].lower() in (b"request", b"response"):
        return 4
    if texts[0].lstrip()[:1] == b"{":
        return 2
    raise protocol_error(
        "AVRO_AMBIGUOUS",
        "got a record of version 2 or 4 with neither a messageType nor a JSON request; name the schema version",
    )


def _events(record: _Record, version: SchemaVersion, record_id: str, time_unit: TimeUnit) -> list[Event]:
    texts = record.texts
    if len(texts) != _TEXTS[version]:
        raise protocol_error(
            "AVRO_MALFORMED", f"got {len(texts)} texts; schema version {version} has {_TEXTS[version]}"
        )
    request = Event(
        event_id=record_id,
        event_type="request",
        source=f"serving-{record.serving_id}",
        event_time=_time(record.timestamp, time_unit),
        payload=texts[0],
        model=record.model,
        component="predictor",
        annotations={"model-version": str(record.model_version)},
    )
    # The code is not the request's: it would hide the features of a call that failed.
    status_code = record.status_code if 100 <= record.status_code <= 999 else None
    if version != 4:
        response = replace(request, event_type="response", payload=texts[1], status_code=status_code)
        return [request, response]
    event_id, half = _text(texts[0], "inferenceId"), _text(texts[1], "messageType")
    if not event_id:
        raise protocol_error("EVENT_FIELD_MISSING", "the record has no inferenceId")
    half = half.lower() if half.lower() in ("request", "response") else half
    code = status_code if half == "response" else None
    return [replace(request, event_id=event_id, event_type=half, payload=texts[2], status_code=code)]


def _time(timestamp: int, unit: TimeUnit) -> datetime:
    in_seconds = unit == "s" or (unit == "auto" and timestamp < _FIRST_MILLISECONDS)
    try:
        since = timedelta(**{"seconds" if in_seconds else "milliseconds": timestamp})
        if timestamp > 0:
            return EPOCH + since
    except OverflowError:
        pass
    unit_got = "seconds" if in_seconds else "milliseconds"
    raise protocol_error(
        "EVENT_TIME_MALFORMED", f"got the requestTimestamp {timestamp} {unit_got}; expected a time from 1970 to 9999"
    )


def _text(data: bytes, name: str) -> str:
    if len(data) > _LONGEST_NAME:
        raise protocol_error("AVRO_MALFORMED", f"got a {name} of {len(data)} bytes; expected a name")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise protocol_error("AVRO_MALFORMED", f"got a {name} that is not UTF-8") from None

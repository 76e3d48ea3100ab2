"""CloudEvents 1.0 as KServe's logger posts them (binary mode) and as Kafka carries them (binary and structured)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sparkmon.errors import ProtocolError
from sparkmon.protocol.attributes import ATTRIBUTES, KSERVE_TYPES, event_of, set_aside
from sparkmon.protocol.body import check_items, check_size
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import as_dead_letter
from sparkmon.protocol.structured import read_structured
from sparkmon.records import DeadLetter, Event

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
    if structured and attributes.get("type") not in KSERVE_TYPES:
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

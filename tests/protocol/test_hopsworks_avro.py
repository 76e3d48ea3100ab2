"""The Avro inference log of Hopsworks: four versions that do not say which they are."""

import hashlib
import tracemalloc
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given, strategies as st

from sparkmon.protocol import Limits, events_to_batch, from_hopsworks_avro
from sparkmon.protocol.hopsworks_avro import SchemaVersion, TimeUnit
from sparkmon.records import Event
from tests.support.decoding import decode, decode_batch
from tests.support.hopsworks_log import REQUEST, RESPONSE, TIME_MS, log_record

SECOND = datetime(2026, 1, 5, tzinfo=timezone.utc)
MOMENT = SECOND + timedelta(milliseconds=123)
VERSIONS: list[SchemaVersion | None] = [None, 1, 2, 3, 4]


def letter_of(value: bytes, version: SchemaVersion | None = None) -> str:
    (event,) = from_hopsworks_avro(value, schema_version=version, received_time=MOMENT)
    assert event.dead_letter is not None
    assert (event.payload, event.event_time, event.event_type) == (value, MOMENT, "")
    assert event.event_id == hashlib.sha256(value).hexdigest()[:32]
    return event.dead_letter.condition


def varint(number: int) -> bytes:
    """Write a long as Avro does: zigzag, seven bits a byte, the lowest first."""
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def test_a_record_is_the_bytes_that_avro_says() -> None:
    written = (
        b"\x0e\x0afraud\x04" + varint(TIME_MS) + b"\x90\x03\x04a1\x0erequest"
        + varint(len(REQUEST)) + REQUEST.encode()
    )  # fmt: skip
    assert log_record(4) == written


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("is_named", [True, False])
def test_the_first_versions_hold_both_halves(version: SchemaVersion, is_named: bool) -> None:
    request, response = from_hopsworks_avro(
        log_record(version), position="log/0/5", schema_version=version if is_named else None
    )
    assert (request.event_type, response.event_type) == ("request", "response")
    assert (request.payload, response.payload) == (REQUEST.encode(), RESPONSE.encode())
    assert (request.status_code, response.status_code) == (None, 200)
    for event in (request, response):
        assert (event.event_id, event.model, event.component) == ("log/0/5", "fraud", "predictor")
        assert (event.source, event.event_time) == ("serving-7", MOMENT)
        assert event.dead_letter is None
    assert decode(request).rows == [[1.5, 2], [3, 4]]
    assert decode(response).predictions == [[0], [1]]


@pytest.mark.parametrize("is_named", [True, False])
def test_the_fourth_version_holds_one_half(is_named: bool) -> None:
    version: SchemaVersion | None = 4 if is_named else None
    halves = []
    for half, payload in (("REQUEST", REQUEST), ("response", RESPONSE)):
        value = log_record(4, messageType=half, payload=payload)
        halves += from_hopsworks_avro(value, position="log/0/5", schema_version=version)
    assert [event.event_type for event in halves] == ["request", "response"]
    assert [event.payload for event in halves] == [REQUEST.encode(), RESPONSE.encode()]
    assert {(event.event_id, event.source) for event in halves} == {("a1", "serving-7")}
    assert [event.status_code for event in halves] == [None, 200]


def test_the_models_version_comes_out_with_the_rows() -> None:
    events = from_hopsworks_avro(log_record(1))
    decoded = decode_batch(events_to_batch(events))
    assert decoded.column("model_version").to_pylist() == ["2"] * 4
    assert decoded.column("kind").to_pylist() == ["v1_request"] * 2 + ["v1_response"] * 2


def test_without_a_position_the_id_is_a_digest_of_the_record() -> None:
    value = log_record(1)
    (request, response), (again, _) = from_hopsworks_avro(value), from_hopsworks_avro(value)
    assert request.event_id == hashlib.sha256(value).hexdigest()[:32]
    assert request.event_id == response.event_id == again.event_id


@pytest.mark.parametrize(
    ("timestamp", "unit", "time"),
    [
        (TIME_MS, "auto", MOMENT),
        (TIME_MS, "ms", MOMENT),
        (TIME_MS // 1000, "auto", SECOND),
        (TIME_MS // 1000, "s", SECOND),
        (TIME_MS // 1000, "ms", datetime(1970, 1, 21, 10, 59, 31, 200_000, timezone.utc)),
        (10**11, "auto", datetime(1973, 3, 3, 9, 46, 40, tzinfo=timezone.utc)),
        (10**11 - 1, "auto", datetime(5138, 11, 16, 9, 46, 39, tzinfo=timezone.utc)),
    ],
)
def test_a_time_is_in_seconds_or_milliseconds(timestamp: int, unit: TimeUnit, time: datetime) -> None:
    (event,) = from_hopsworks_avro(log_record(4, requestTimestamp=timestamp), time_unit=unit)
    assert event.event_time == time


@pytest.mark.parametrize("timestamp", [0, -1, TIME_MS * 1000, 2**63 - 1])
def test_other_times_are_dead_letters(timestamp: int) -> None:
    assert letter_of(log_record(4, requestTimestamp=timestamp)) == "EVENT_TIME_MALFORMED"


def test_a_failed_calls_request_keeps_its_features() -> None:
    request, response = from_hopsworks_avro(log_record(3, responseHttpCode=500))
    assert (decode(request).kind, decode(response).kind) == ("v1_request", "error")


@pytest.mark.parametrize("code", [0, -1, 99, 1000])
def test_a_code_that_is_no_status_is_not_one(code: int) -> None:
    response = from_hopsworks_avro(log_record(1, responseHttpCode=code))[1]
    assert (response.status_code, decode(response).kind) == (None, "v1_response")


def test_versions_two_and_four_are_distinguished_by_their_content() -> None:
    unclear = log_record(4, messageType="unknown", inferenceId="a1")
    assert letter_of(unclear) == "AVRO_AMBIGUOUS"
    (event,) = from_hopsworks_avro(unclear, schema_version=4)
    dead = decode(event).dead_letter
    assert dead is not None
    assert dead.condition == "UNKNOWN_EVENT_TYPE"
    assert letter_of(log_record(2, inferenceRequest="")) == "AVRO_AMBIGUOUS"
    assert len(from_hopsworks_avro(log_record(2, inferenceRequest=""), schema_version=2)) == 2


@pytest.mark.parametrize(("written", "named"), [(1, 2), (2, 3), (3, 1), (3, 4), (4, 1), (1, 4)])
def test_another_version_than_the_one_named_is_a_dead_letter(written: int, named: SchemaVersion) -> None:
    assert letter_of(log_record(written), named) == "AVRO_MALFORMED"


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        (b"", "AVRO_MALFORMED"),
        (log_record(1)[:-1], "AVRO_MALFORMED"),
        (log_record(1) + b"\x02", "AVRO_MALFORMED"),
        (log_record(3) + b"\x00\x00", "AVRO_MALFORMED"),
        (b"\x00\x00\x00\x00\x05" + log_record(4), "AVRO_MALFORMED"),  # Confluent's header
        (b'{"instances": [[1.5]]}', "AVRO_MALFORMED"),
        (b"\x0e" + b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f" + b"fraud", "AVRO_MALFORMED"),
        (b"\x0e" + b"\x01" + b"fraud", "AVRO_MALFORMED"),  # a length of -1
        (b"\xff" * 1_000_000, "AVRO_MALFORMED"),
        (varint(2**31) + log_record(4)[1:], "AVRO_MALFORMED"),
        (log_record(4).replace(b"fraud", b"fra\xffd"), "AVRO_MALFORMED"),
        (log_record(4, modelName="x" * 1025), "AVRO_MALFORMED"),
        (log_record(4, modelName=""), "EVENT_FIELD_MISSING"),
        (log_record(4, inferenceId=""), "EVENT_FIELD_MISSING"),
        (log_record(4, payload="x" * 16 * 2**20), "EVENT_TOO_LARGE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_record_is_a_dead_letter_with_its_bytes(value: bytes, condition: str) -> None:
    assert letter_of(value) == condition


def test_a_payload_that_is_not_utf8_stays_as_it_is() -> None:
    (event,) = from_hopsworks_avro(log_record(4).replace(b'"signature', b"\xffsignature"))
    assert event.payload[:3] == b"{\xffs"
    dead = decode(event).dead_letter
    assert dead is not None
    assert dead.condition == "BODY_NOT_JSON"


LENGTHS = st.integers(-(2**63), 2**63 - 1).map(varint)
PARTS = st.sampled_from([log_record(version)[:40] for version in (1, 4)]) | LENGTHS | st.binary()


@given(st.lists(PARTS, max_size=6).map(b"".join), st.sampled_from(VERSIONS))
@example(b"\x0e\xfe\xff\xff\xff\xff\xff\xff\xff\x7f", None)
def test_no_bytes_raise_or_take_memory(value: bytes, version: SchemaVersion | None) -> None:
    tracemalloc.start()
    try:
        events = from_hopsworks_avro(value, schema_version=version, limits=Limits())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000 + 10 * len(value)
    assert all(isinstance(event, Event) for event in events)
    if events[0].dead_letter is not None:
        assert [event.payload for event in events] == [value]


TEXTS = st.text(max_size=20)


@given(
    st.sampled_from([1, 2, 3, 4]),
    TEXTS.filter(bool),
    st.tuples(TEXTS, TEXTS, TEXTS),
    st.sampled_from(["request", "response"]),
)
def test_what_was_written_is_what_is_read(
    version: SchemaVersion, model: str, texts: tuple[str, str, str], half: str
) -> None:
    value = log_record(
        version,
        modelName=model,
        inferenceRequest="{" + texts[0],
        inferenceResponse="{" + texts[1],
        servingType=texts[2],
        payload=texts[0],
        messageType=half,
    )
    events = from_hopsworks_avro(value)
    assert events == from_hopsworks_avro(value, schema_version=version)
    wanted = [texts[0]] if version == 4 else ["{" + texts[0], "{" + texts[1]]
    assert [event.payload.decode() for event in events] == wanted
    assert {event.model for event in events} == {model}

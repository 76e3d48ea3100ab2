"""CloudEvents of every form become events, and bad ones dead letters with all that could be read."""

import base64
import json
from datetime import timedelta

import pytest

from sparkmon.interval import EPOCH
from sparkmon.protocol import Limits, from_http, from_kafka, from_object, from_structured
from sparkmon.records import Event
from tests.protocol.events import NOON, headers
from tests.protocol.hostile import GOOD
from tests.support.decoding import decode


def condition(event: Event) -> str | None:
    return None if event.dead_letter is None else event.dead_letter.condition


def test_names_may_have_any_case_and_values_any_type() -> None:
    text = from_http(headers(), GOOD)
    upper = from_http({name.upper(): value for name, value in headers().items()}, GOOD)
    raw = from_http([(name.encode(), value.encode()) for name, value in headers().items()], GOOD)
    assert text.dead_letter is None
    assert text == upper == raw


def test_of_repeated_headers_the_first_counts() -> None:
    repeated = [*headers().items(), ("ce-id", "2"), ("content-type", "text/plain")]
    event = from_http(repeated, GOOD)
    assert (event.event_id, event.content_type) == ("1", "application/json")
    records = [("ce_id", b"1"), ("ce_id", b"2"), ("ce_id", None)]
    assert from_kafka(records, GOOD).event_id == "1"


@pytest.mark.parametrize("value", ['{"A": ["Æ \\"%20"]}', '{"A": "Æ \\"%20"}'])
def test_metadata_is_raw_utf8_read_as_latin1(value: str) -> None:
    wire = value.encode("utf-8")
    as_text = from_http(headers(Ce_Metadata=wire.decode("latin-1")), GOOD)
    as_bytes = from_http([*headers().items(), ("Ce-Metadata", wire)], GOOD)
    assert as_text.metadata == as_bytes.metadata == {"A": ['Æ "%20']}


@pytest.mark.parametrize("value", [None, "", "{}", "null"])
def test_no_metadata_has_four_forms(value: str | None) -> None:
    event = from_http(headers(Ce_Metadata=value, Ce_Annotations=value), GOOD)
    assert (event.metadata, event.annotations, event.dead_letter) == ({}, {}, None)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"Ce_Id": None}, "EVENT_FIELD_MISSING"),
        ({"Ce_Source": ""}, "EVENT_FIELD_MISSING"),
        ({"Ce_Type": None}, "EVENT_FIELD_MISSING"),
        ({"Ce_Time": None}, "EVENT_FIELD_MISSING"),
        ({"Ce_Time": "yesterday"}, "EVENT_TIME_MALFORMED"),
        ({"Ce_Time": "2026-02-30T00:00:00Z"}, "EVENT_TIME_MALFORMED"),
        ({"Ce_Time": "0001-01-01T00:00:00+23:00"}, "EVENT_TIME_MALFORMED"),
        ({"Ce_Recordedtime": "1"}, "EVENT_TIME_MALFORMED"),
        ({"Ce_Metadata": "["}, "METADATA_MALFORMED"),
        ({"Ce_Metadata": "[]"}, "METADATA_MALFORMED"),
        ({"Ce_Metadata": '{"A": [1]}'}, "METADATA_MALFORMED"),
        ({"Ce_Annotations": '{"A": ["b"]}'}, "ANNOTATIONS_MALFORMED"),
        ({"Ce_Statuscode": "ok"}, "STATUS_CODE_MALFORMED"),
        ({"Ce_Component": "\xe6"}, "HEADER_NOT_UTF8"),
        ({"Ce_Component": "\udc80"}, "HEADER_NOT_UTF8"),
        ({f"X{i}": "1" for i in range(300)}, "HEADERS_TOO_LARGE"),
        ({"Ce_Metadata": "x" * 300_000}, "HEADERS_TOO_LARGE"),
    ],
)
def test_a_bad_header_keeps_the_event_and_its_body(changed: dict[str, str | None], expected: str) -> None:
    event = from_http(headers(**changed), GOOD)
    assert condition(event) == expected
    assert event.payload == GOOD
    assert event.event_type == ("" if "Ce_Type" in changed else "request")
    assert decode(event).dead_letter == event.dead_letter


def test_a_request_without_attributes_is_no_cloudevent() -> None:
    assert condition(from_http({"Content-Type": "application/json"}, GOOD)) == "NOT_A_CLOUDEVENT"
    assert condition(from_http([], b"")) == "NOT_A_CLOUDEVENT"
    assert condition(from_kafka([], None)) == "NOT_A_CLOUDEVENT"


def test_the_received_time_stands_in_for_a_time_that_cannot_be_read() -> None:
    for value, expected in ((None, None), ("soon", "EVENT_TIME_MALFORMED")):
        event = from_http(headers(Ce_Time=value), GOOD, received_time=NOON)
        assert (event.event_time, condition(event)) == (NOON, expected)
    assert from_http(headers(Ce_Time="soon"), GOOD).event_time == EPOCH


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00Z",  # Go's time that was never set
        "1969-12-31T23:59:59Z",
        "52149-01-01T00:00:00Z",
        "2026-12-31T23:59:60Z",  # no datetime has a leap second
        "2026-11-23T12:00:00+24:00",
        "2026-11-23T12:00:00+01:60",
        "2026-11-23 noon",
    ],
)
def test_a_time_that_no_clock_of_today_has_is_a_dead_letter(time: str) -> None:
    for read in (
        from_http(headers(Ce_Time=time), GOOD, received_time=NOON),
        from_http(headers(Ce_Recordedtime=time), GOOD, received_time=NOON),
    ):
        assert (read.event_time, condition(read)) == (NOON, "EVENT_TIME_MALFORMED")


@pytest.mark.parametrize("time", ["1795866763", "1795866763000.5", "true", "{}", "[]"])
def test_a_time_that_is_no_text_is_a_dead_letter(time: str) -> None:
    members = '"id": "1", "source": "pod", "type": "org.kubeflow.serving.inference.request"'
    body = f'{{{members}, "time": {time}, "data": {{}}}}'.encode()
    read = from_structured(body, received_time=NOON)
    assert (read.event_time, condition(read)) == (NOON, "EVENT_TIME_MALFORMED")
    assert read.payload == b"{}"
    record = f'{{{members}, "occurrenceTime": {time}, "sourceUri": "pod"}}'
    [read] = from_object(record.replace("type", "reqType").encode(), "a.json", NOON)
    assert (read.event_time, condition(read)) == (NOON, "EVENT_TIME_MALFORMED")


def test_a_receipt_of_1970_says_nothing() -> None:
    for received in (EPOCH - timedelta(milliseconds=1), EPOCH, EPOCH + timedelta(days=20.8)):
        read = from_http(headers(), GOOD, received_time=received)
        assert (read.event_time, condition(read)) == (NOON, None)
        read = from_http(headers(Ce_Time=None), GOOD, received_time=received)
        assert (read.event_time, condition(read)) == (EPOCH, "EVENT_FIELD_MISSING")


def test_times_are_utc_and_cut_to_microseconds() -> None:
    event = from_http(headers(Ce_Time="2026-11-23T13:30:00.999999999+01:30"), GOOD)
    assert event.event_time == NOON + timedelta(microseconds=999_999)
    assert event.event_time.utcoffset() == timedelta(0)


def test_a_status_code_is_read_and_makes_an_error() -> None:
    event = from_http(headers(Ce_Statuscode="502"), b"dial tcp: connection refused")
    assert event.status_code == 502
    assert decode(event).kind == "error"


def test_other_event_types_are_kept_whole() -> None:
    assert from_http(headers(Ce_Type="com.example.order"), GOOD).event_type == "com.example.order"


def test_a_large_event_is_set_aside_whole() -> None:
    event = from_http(headers(), GOOD, limits=Limits(payload_bytes=5))
    assert (condition(event), event.payload, event.event_id) == ("EVENT_TOO_LARGE", GOOD, "1")
    structured = from_structured(b"{" + b" " * 9 + b"}", limits=Limits(payload_bytes=5))
    assert condition(structured) == "EVENT_TOO_LARGE"


def test_a_structured_event_of_too_many_items_is_not_read() -> None:
    body = b'{"id": "1", "data": [' + b"[]," * 5_000_000 + b"1]}"
    assert condition(from_structured(body)) == "TOO_MANY_VALUES"


def structured(data: bytes = b"", **changed: object) -> bytes:
    attributes = {"id": "1", "source": "pod", "time": "2026-11-23T12:00:00Z", "type": "t", **changed}
    return json.dumps(attributes).encode()[:-1] + data + b"}"


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        (b"", b""),
        (b', "data": null', b""),
        (b', "data": {"a":  9007199254740993, "b": 1.0}', b'{"a":  9007199254740993, "b": 1.0}'),
        (b', "data": "text"', b'"text"'),
        (b', "data":{"instances": [[1,2', b'{"instances": [[1,2'),
        (b', "data":data: {"a": 1}\n\n', b'data: {"a": 1}\n\n'),
        (b', "data": [NaN]', b"[NaN]"),
        (b', "data": 1, "type": "other", "data": 2', b"1"),
        (b', "data_base64": "AP8="', b"\x00\xff"),
    ],
)
def test_structured_data_is_kept_byte_for_byte(data: bytes, payload: bytes) -> None:
    event = from_structured(structured(data))
    assert (event.payload, event.event_type, event.dead_letter) == (payload, "t", None)


def test_a_structured_string_is_its_text_where_the_type_is_not_json() -> None:
    event = from_structured(structured(b', "data": "a\\n"', datacontenttype="text/plain"))
    assert (event.payload, event.content_type) == (b"a\n", "text/plain")


def test_structured_mode_is_recognised_by_the_content_type() -> None:
    content_type = "Application/CloudEvents+JSON; charset=UTF-8"
    over_http = from_http({"content-type": content_type}, structured())
    over_kafka = from_kafka([("content-type", content_type.encode())], structured())
    assert over_http == over_kafka == from_structured(structured())
    assert over_http.event_id == "1"


def test_a_clients_own_cloudevent_does_not_hide_the_loggers() -> None:
    event = from_http(headers(Content_Type="application/cloudevents+json"), structured(id="inner"))
    assert (event.event_id, event.event_type) == ("1", "request")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"id": "1"',
        b'{"id": NaN}',
        b'{"id" "1"}',
        b"{1: 2}",
        b'{"id": {"a": 1}',
        b'{"a":' * 100_000,
        b"{" + b",".join(b'"%d": 1' % i for i in range(300)) + b"}",
    ],
)
def test_what_is_no_structured_event_keeps_its_bytes(body: bytes) -> None:
    event = from_structured(body)
    assert (condition(event), event.payload) == ("EVENT_NOT_JSON", body)


@pytest.mark.parametrize("value", ["####", 5])
def test_damaged_base64_is_a_dead_letter(value: object) -> None:
    body = structured(data_base64=value)
    event = from_structured(body)
    assert (condition(event), event.payload, event.event_id) == ("DATA_BASE64_BROKEN", body, "1")


def test_base64_bodies_decode_like_plain_ones() -> None:
    plain = from_structured(structured(b', "data": ' + GOOD))
    coded = from_structured(structured(data_base64=base64.b64encode(GOOD).decode()))
    assert plain == coded

"""Whatever bytes arrive, nothing raises and every event is accounted for."""

import gzip
import json
import math
from collections.abc import Callable
from typing import Any

from hypothesis import example, given, strategies as st

from sparkmon import json_bytes
from sparkmon.errors import ProtocolError
from sparkmon.protocol import Limits, events_to_batch, from_http, from_kafka, from_object, from_structured, jsontext
from sparkmon.records import Event
from tests.protocol.events import NOON, event, headers
from tests.support.decoding import Decoded, decode, decode_batch

SMALL = Limits(rows=20, columns=20, values=100, text_bytes=100, decompressed_bytes=10_000)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))
TENSORS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["x", "y"]) | JSON,
        "shape": st.lists(st.integers(-1, 4), max_size=3) | JSON,
        "datatype": st.sampled_from(["FP64", "INT8", "BYTES", "BOOL", "BF16"]) | JSON,
        "data": st.lists(SCALARS, max_size=6) | JSON,
        "parameters": st.fixed_dictionaries({"binary_data_size": st.integers(-1, 40)}) | JSON,
    },
)
KEYS = ["instances", "inputs", "predictions", "outputs", "id", "model_version", "error", "name"]
MEMBERS = st.dictionaries(st.sampled_from(KEYS), st.lists(TENSORS, max_size=3) | JSON, min_size=1)
TEXTS = MEMBERS.map(lambda members: json.dumps(members).encode())
BODIES = st.binary() | TEXTS | st.tuples(TEXTS, st.binary()).map(b"".join) | TEXTS.map(gzip.compress)
HALVES = st.sampled_from(["request", "response", "other"])


def check(read: Event) -> None:
    said = decode(read, SMALL)
    assert isinstance(said, Decoded)
    assert (said.kind == "dead_letter") == (said.dead_letter is not None)
    batch = decode_batch(events_to_batch([read]), None, SMALL)
    assert batch.num_rows == max(len(said.rows), len(said.predictions), 1)


@given(st.lists(st.tuples(st.text() | st.binary(), st.text() | st.binary())), st.binary())
def test_any_http_request_becomes_an_event(pairs: list[tuple[str | bytes, str | bytes]], body: bytes) -> None:
    check(from_http(pairs, body))
    named = [(f"ce-{name!s}", value) for name, value in pairs]
    check(from_http([*named, *headers(Ce_Source=None).items()], body))


@given(st.dictionaries(st.sampled_from(["Ce-Time", "Ce-Metadata", "Ce-Statuscode"]), st.text()))
def test_any_attribute_becomes_an_event(attributes: dict[str, str]) -> None:
    check(from_http(headers() | attributes, b"{}"))


@given(st.lists(st.tuples(st.text(), st.none() | st.binary())), st.none() | BODIES)
def test_any_kafka_record_becomes_an_event(pairs: list[tuple[str, bytes | None]], value: bytes | None) -> None:
    check(from_kafka(pairs, value))
    check(from_kafka([("content-type", b"application/cloudevents+json")], value))


@given(BODIES)
def test_any_structured_event_becomes_an_event(body: bytes) -> None:
    check(from_structured(body))
    check(from_structured(b'{"id": "1", "data": ' + body + b"}"))


@given(BODIES, st.sampled_from(["a.json", "a.csv", "a.parquet", "a"]))
def test_any_object_becomes_events(data: bytes, name: str) -> None:
    for read in from_object(data, name, NOON, limits=SMALL):
        check(read)


@example(b'{"instances":[{},{}]}', "request", "", None)
@given(BODIES, HALVES, st.none() | st.text(max_size=5), st.none() | BODIES)
def test_any_body_decodes_to_something(body: bytes, half: str, length: str | None, request: bytes | None) -> None:
    metadata = {} if length is None else {"Inference-Header-Content-Length": [length]}
    check(event(body, half, metadata=metadata))
    paired = event(body, half, request_payload=request)
    batch = decode_batch(events_to_batch([paired, event(body, half)]), None, SMALL)
    batch.validate(full=True)


@given(st.lists(st.binary(max_size=200), max_size=3).map(b"".join) | TEXTS)
def test_both_readers_take_and_refuse_the_same_text(data: bytes) -> None:
    assert same(outcome(data), outcome(data, json_bytes._by_json))


@given(st.text(alphabet='0123456789.eE+-"\\ud8fFa[]{},: ', max_size=60))
def test_both_readers_agree_on_numbers_and_escapes(text: str) -> None:
    data = text.encode()
    assert same(outcome(data), outcome(data, json_bytes._by_json))


def outcome(data: bytes, reader: Callable[[bytes], Any] = jsontext.loads) -> object:
    if b"NaN" in data or b"Infinity" in data:
        return None
    try:
        return jsontext._read(reader, data)
    except ProtocolError as error:
        return error.condition


def same(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    return type(a) is type(b) and a == b

"""Stored objects that are not what their name says become one dead letter with their bytes."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparkmon.protocol import Limits, from_object
from tests.protocol.captures import ROOT, WRITTEN
from tests.support.decoding import decode

RECORD = {
    "id": "1",
    "reqType": "org.kubeflow.serving.inference.request",
    "sourceUri": {"Scheme": "http", "Host": "pod:80", "Path": "/a", "RawQuery": "b=c"},
    "bytes": "eyJpbnN0YW5jZXMiOiBbWzFdXX0=",
}


def parquet(rows: int) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"bytes": ["A" * 100] * rows}), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "condition"),
    [
        ("a.json", b"", "OBJECT_MALFORMED"),
        ("a.json", b"{", "OBJECT_MALFORMED"),
        ("a.json", b"5", "OBJECT_MALFORMED"),
        ("a.json", b'{"bytes": "####"}', "DATA_BASE64_BROKEN"),
        ("a.json", b'{"id": "1"}', "EVENT_FIELD_MISSING"),
        ("a.json", b"[" + b"{}," * 100 + b"{}]", "OBJECT_TOO_LARGE"),
        ("a.csv", b"", "OBJECT_MALFORMED"),
        ("a.csv", b"id,bytes\n1", "OBJECT_MALFORMED"),
        ("a.csv", b"id\n" + b"1\n" * 101, "OBJECT_TOO_LARGE"),
        ("a.parquet", b"PAR1", "OBJECT_MALFORMED"),
        ("a.parquet", parquet(1)[:-20], "OBJECT_MALFORMED"),
        ("a.parquet", parquet(101), "OBJECT_TOO_LARGE"),
        ("a.json", b" " * 60_000, "OBJECT_TOO_LARGE"),
    ],
)
def test_a_bad_object_is_a_dead_letter(name: str, data: bytes, condition: str) -> None:
    limits = Limits(rows=100, decompressed_bytes=50_000)
    [event] = from_object(data, name, WRITTEN, limits=limits)
    assert event.dead_letter is not None
    assert event.dead_letter.condition == condition
    assert event.event_time == WRITTEN


def test_a_bad_record_does_not_spoil_its_neighbours() -> None:
    events = from_object(json.dumps([RECORD, 5, RECORD]).encode(), "a.json", WRITTEN)
    assert [event.dead_letter is None for event in events] == [True, False, True]
    assert decode(events[2]).rows == [[1]]


def test_the_source_is_the_url_it_was_parsed_from() -> None:
    [event] = from_object(json.dumps(RECORD).encode(), "a.json", WRITTEN)
    assert event.source == "http://pod:80/a?b=c"


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_the_content_gives_the_format_if_the_name_does_not(suffix: str) -> None:
    path = next((ROOT / "store").rglob(f"*.{suffix}"))
    data = path.read_bytes()
    assert from_object(data, "object", WRITTEN) == from_object(data, path.name, WRITTEN)


def test_an_empty_array_holds_no_events() -> None:
    assert from_object(b"[]", "a.json", WRITTEN) == []


def test_large_bodies_fit_a_csv_field() -> None:
    body = "QUFB" * 500_000
    data = f"reqType,id,sourceUri,bytes\nt,1,pod,{body}\n".encode()
    [event] = from_object(data, "a.csv", WRITTEN)
    assert (len(event.payload), event.dead_letter) == (1_500_000, None)

"""Batches say the same as event by event, keep every event, and take the model's schema into account."""

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from sparkmon.protocol import DECODED, decode_events, events_to_batch
from sparkmon.records import DeadLetter, Event, Feature, ModelSchema, Value
from tests.protocol.captures import all_events, stored
from tests.protocol.events import event
from tests.protocol.hostile import GOOD, HOSTILE, tensor, v1, v2
from tests.support.decoding import decode, decode_batch

Row = dict[str, Any]


def rows_of(events: Sequence[Event], schemas: Mapping[str, ModelSchema] | None = None) -> list[Row]:
    batch = decode_batch(events_to_batch(events), schemas)
    batch.validate(full=True)
    assert batch.schema.equals(DECODED)
    return [flat(row) for row in batch.to_pylist()]


def flat(row: Row) -> Row:
    """Show each cell as (number, text)."""
    for side in ("features", "predictions"):
        if row[side] is not None:
            row[side] = {name: (plain(cell["number"]), cell["text"]) for name, cell in row[side]}
    return row


def plain(number: float | None) -> float | None:
    """Return one NaN for all, which is equal to itself in a tuple."""
    return math.nan if number is not None and math.isnan(number) else number


def cell(value: Value) -> tuple[float | None, str | None]:
    if value is None or isinstance(value, str):
        return None, value
    exact = not isinstance(value, int) or int(float(value)) == value
    return (plain(float(value)), None) if exact else (None, str(value))


def expected(one: Event) -> list[Row]:
    """Spell out the rows of an unpaired event from what ``decode`` says of it."""
    read = decode(one)
    request_id = one.metadata.get("X-Request-Id", [read.body_id or one.event_id])[0]
    common = {
        "event_id": one.event_id,
        "event_time": one.event_time,
        "recorded_time": one.recorded_time,
        "component": one.component,
        "kind": read.kind,
        "request_id": request_id,
        "model_version": one.annotations.get("model-version", read.model_version or ""),
        "condition": read.dead_letter and read.dead_letter.condition,
        "payload": one.payload if read.dead_letter else None,
    }
    side, other = "features", "predictions"
    if one.event_type == "response":
        side, other = other, side
    values = [dict(zip(read.names, map(cell, r), strict=True)) for r in read.rows or read.predictions]
    rows = [{"instance": i, side: cells, other: None} for i, cells in enumerate(values)]
    return [common | row for row in rows or [{"instance": -1, side: None, other: None}]]


EVENTS = [
    *all_events(),
    *(one for events in stored().values() for one in events),
    *(event(body, event_id=name) for name, (body, _) in HOSTILE.items() if len(body) < 2**20),
]


@pytest.mark.slow
def test_a_batch_says_what_decode_says_of_each_event() -> None:
    want = [row for one in EVENTS for row in expected(one)]
    got = rows_of(EVENTS)
    assert [{name: row[name] for name in want[0]} for row in got] == want


@pytest.mark.slow
def test_a_slice_of_a_batch_decodes_to_the_slice_of_its_rows() -> None:
    batch = events_to_batch(EVENTS)
    whole = decode_batch(batch).to_pylist()
    first = len(decode_batch(batch.slice(0, 20)).to_pylist())
    part = decode_batch(batch.slice(20, 15)).to_pylist()
    assert part == whole[first : first + len(part)]
    assert len({row["event_id"] for row in part}) > 5


def test_an_empty_batch_has_no_rows() -> None:
    assert decode_batch(events_to_batch([])).num_rows == 0


def test_many_layouts_in_one_batch_keep_their_names() -> None:
    events = [event(v1([{f"a{i}": i, "b": f"t{i}"}, {f"a{i}": True, "b": 2**53 + 1}])) for i in range(600)]
    rows = rows_of(events)
    for i in range(600):
        assert rows[2 * i]["features"] == {f"a{i}": (i, None), "b": (None, f"t{i}")}
        assert rows[2 * i + 1]["features"] == {f"a{i}": (1.0, None), "b": (None, "9007199254740993")}


@pytest.mark.slow
def test_big_events_are_handed_out_in_several_batches() -> None:
    body = gzip.compress(v1([[0] * 1000] * 1000))
    events = [event(body, event_id=str(i)) for i in range(9)]
    batches = [each.rows() for each in decode_events(events_to_batch(events))]
    assert [batch.num_rows for batch in batches] == [4000, 4000, 1000]
    assert {row for batch in batches for row in batch.column("event_id").to_pylist()} == set("012345678")


def test_a_dead_letter_stays_one_and_keeps_its_bytes() -> None:
    dead = event(b"\x00\x01", dead_letter=DeadLetter("NOT_A_CLOUDEVENT", "got nothing"))
    rows = rows_of([event(GOOD), dead, event(b"oops")])
    assert [row["kind"] for row in rows] == ["v1_request", "dead_letter", "dead_letter"]
    assert [row["condition"] for row in rows] == [None, "NOT_A_CLOUDEVENT", "BODY_NOT_JSON"]
    assert [row["payload"] for row in rows] == [None, b"\x00\x01", b"oops"]
    assert rows[1]["reason"] == "got nothing"
    assert [row["instance"] for row in rows] == [0, -1, -1]


@pytest.mark.parametrize(
    ("metadata", "body_id", "request_id"),
    [
        ({"x-REQUEST-id": ["h", "i"]}, "b", "h"),
        ({"A": ["1"], "X-Request-Id": []}, "b", "b"),
        ({"X-Request-Id": [""]}, None, "e-1"),
        ({}, None, "e-1"),
    ],
)
def test_the_request_id_is_the_headers_then_the_bodys_then_the_events(
    metadata: dict[str, list[str]], body_id: str | None, request_id: str
) -> None:
    body = json.dumps({"id": body_id, "inputs": [tensor([1], data=[1])]}).encode()
    rows = rows_of([event(GOOD), event(body, metadata=metadata), event(GOOD)])
    assert [row["request_id"] for row in rows] == ["e-1", request_id, "e-1"]


@pytest.mark.parametrize(
    ("annotations", "version"),
    [({"model-version": "3"}, "3"), ({"model_version": "4"}, "4"), ({"team": "risk"}, "7"), ({}, "7")],
)
def test_the_model_version_is_the_annotations_then_the_bodys(annotations: dict[str, str], version: str) -> None:
    body = json.dumps({"model_version": "7", "outputs": [tensor([1], data=[1])]}).encode()
    rows = rows_of([event(body, "response", annotations=annotations), event(GOOD)])
    assert [row["model_version"] for row in rows] == [version, ""]


def pair(request: bytes, response: bytes) -> list[Row]:
    return rows_of([event(response, "response", request_payload=request), event(GOOD)])[:-1]


def test_a_paired_response_has_features_and_predictions_by_instance() -> None:
    rows = pair(v1([[1.5, 2], [3, 4], [5, 6]]), b'{"predictions": [0, 1]}')
    assert [row["instance"] for row in rows] == [0, 1, 2]
    assert [row["features"]["feature_0"][0] for row in rows] == [1.5, 3, 5]
    assert [row["predictions"] for row in rows] == [{"prediction": (0, None)}, {"prediction": (1, None)}, None]
    assert {row["kind"] for row in rows} == {"v1_response"}


def test_a_paired_response_outlives_a_request_that_cannot_be_read() -> None:
    [row] = pair(b"oops", b'{"predictions": [1]}')
    assert (row["features"], row["predictions"]) == (None, {"prediction": (1, None)})
    assert row["condition"] is None


def test_a_paired_response_without_predictions_keeps_the_features() -> None:
    [row] = pair(GOOD, b'{"explanations": [[1]]}')
    assert (row["kind"], row["instance"], row["predictions"]) == ("v1_explanation", 0, None)
    assert row["features"] == {"feature_0": (1.5, None), "feature_1": (2, None)}


def test_a_failed_pair_reads_its_request_all_the_same() -> None:
    one = event(b"dial tcp", "response", request_payload=GOOD, status_code=502)
    [row] = rows_of([one])
    assert (row["kind"], row["status_code"]) == ("error", 502)
    assert row["features"]["feature_0"] == (1.5, None)


LOAN = ModelSchema(
    "iris", (Feature("age", "numeric"), Feature("country", "categorical")), (Feature("label", "categorical"),)
)


def features(body: bytes, model: str = "iris") -> list[Any]:
    return [row["features"] for row in rows_of([event(body, model=model)], {"iris": LOAN})]


def test_a_schema_names_and_types_columns_without_names() -> None:
    values = [[2**60 + 1, 578], [True, 2**53 + 1], [None, None], ["old", 0.5], [1.5, False], [1, "NO"]]
    assert features(v1(values)) == [
        {"age": (float(2**60), None), "country": (None, "578")},
        {"age": (1.0, None), "country": (None, "9007199254740993")},
        {"age": (None, None), "country": (None, None)},
        {"age": (None, "old"), "country": (None, "0.5")},
        {"age": (1.5, None), "country": (None, "false")},
        {"age": (1.0, None), "country": (None, "NO")},
    ]


def test_a_schema_types_named_columns_and_keeps_unknown_ones() -> None:
    assert features(v1([{"country": 47, "extra": 2**53 + 1}])) == [
        {"country": (None, "47"), "extra": (None, "9007199254740993")}
    ]


def test_a_schema_of_another_model_changes_nothing() -> None:
    assert features(GOOD, model="other") == [{"feature_0": (1.5, None), "feature_1": (2.0, None)}]


def test_a_wide_tensor_takes_the_schemas_names() -> None:
    assert features(v2(tensor([1, 2], data=[1, 2]))) == [{"age": (1.0, None), "country": (None, "2")}]


def test_rows_of_another_length_than_the_schema_are_dead_letters() -> None:
    rows = rows_of([event(v1([[1, 2, 3]])), event(GOOD)], {"iris": LOAN})
    assert [row["condition"] for row in rows] == ["ROW_LENGTH_MISMATCH", None]
    assert "3 values" in rows[0]["reason"]
    assert "2 columns" in rows[0]["reason"]
    assert rows[0]["payload"] == v1([[1, 2, 3]])


def test_the_only_output_takes_the_schemas_only_name() -> None:
    body = json.dumps({"outputs": [tensor([2], "INT64", [1, 0]) | {"name": "output-0"}]}).encode()
    rows = rows_of([event(body, "response")], {"iris": LOAN})
    assert [row["predictions"] for row in rows] == [{"label": (None, "1")}, {"label": (None, "0")}]


def test_schemas_reach_layouts_beyond_the_bound_too() -> None:
    events = [event(v1([{f"a{i}": 1, "country": i}])) for i in range(300)]
    rows = rows_of(events, {"iris": LOAN})
    assert [row["features"]["country"] for row in rows] == [(None, str(i)) for i in range(300)]


def test_event_fields_survive_the_way_into_a_batch() -> None:
    one = replace(all_events()[0], status_code=200, request_time=all_events()[0].event_time)
    [row] = events_to_batch([one]).to_pylist()
    assert (row["event_id"], row["payload"]) == (one.event_id, one.payload)
    assert (row["event_time"], row["status_code"]) == (one.event_time, 200)
    assert (row["request_time"], row["condition"]) == (one.event_time, None)


def test_batches_of_wider_arrow_types_are_taken() -> None:
    batch = events_to_batch([event(GOOD)])
    wide = batch.schema.set(batch.schema.get_field_index("payload"), pa.field("payload", pa.large_binary()))
    assert decode_batch(batch.cast(wide)).equals(decode_batch(batch))

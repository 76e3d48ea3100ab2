"""What Seldon Core's request logger posts: its CloudEvents, and messages as its own tests have them."""

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from sparkmon.protocol import decode_events, events_to_batch, from_http
from sparkmon.protocol.body import Rows
from sparkmon.protocol.read_body import read_body
from sparkmon.records import Event, Feature, ModelSchema

HEADERS = {
    "Ce-Specversion": "1.0",
    "Ce-Source": "http://:8000/",
    "Ce-Time": "2026-01-05T08:00:00.123456789Z",
    "Ce-Inferenceservicename": "income",
    "Ce-Namespace": "seldon",
    "Ce-Endpoint": "default",
    "Ce-Modelid": "classifier",
    "Ce-Protocol": "seldon",
    "Ce-Requestid": "call-1",
    "Content-Type": "application/json",
}


def rows(data: object, half: str = "request") -> Rows:
    return read_body(json.dumps({"meta": {}, "data": data}).encode(), half).rows


@pytest.mark.parametrize(
    ("data", "names", "is_named", "values"),
    [
        ({"names": ["a", "b"], "tensor": {"shape": [2, 2], "values": [1, 2, 3, 4]}}, ("a", "b"), True, [1, 2, 3, 4]),
        ({"names": ["a", "b"], "tensor": {"shape": [2, 2, 1], "values": [1, 2, 3, 4]}}, ("a", "b"), True, [1, 2, 3, 4]),
        ({"names": ["a", "b"], "ndarray": [[1, 2], [3, 4]]}, ("a", "b"), True, [1, 2, 3, 4]),
        ({"names": ["a"], "ndarray": ["test1", "test2"]}, ("a",), True, ["test1", "test2"]),
        ({"ndarray": [[1, "x"]]}, ("feature_0", "feature_1"), False, [1, "x"]),
        ({"names": [], "ndarray": [[1, 2]]}, ("feature_0", "feature_1"), False, [1, 2]),
        ({"names": ["a"], "ndarray": [[1, 2]]}, ("feature_0", "feature_1"), False, [1, 2]),
        ({"names": ["t:0", "t:1"], "ndarray": [[1, 2]]}, ("feature_0", "feature_1"), False, [1, 2]),
    ],
)
def test_a_message_has_rows(data: object, names: tuple[str, ...], is_named: bool, values: list[Any]) -> None:
    read = rows(data)
    assert (read.names, read.named, read.listed()) == (names, is_named, values)


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        ({"names": ["a", "a"], "ndarray": [[1, 2]]}, "NAMES_COLLIDE"),
        ({"names": ["a"], "ndarray": 3}, "INSTANCES_MALFORMED"),
        ({"ndarray": [[1], [1, 2]]}, "ROWS_RAGGED"),
        ({"tensor": {"shape": [2, 2], "values": [1]}}, "TENSOR_SHAPE"),
        ({"tensor": {"shape": [-1, 2], "values": []}}, "TENSOR_SHAPE"),
        ({"tensor": {"shape": [True], "values": [1]}}, "TENSOR_MALFORMED"),
        ({"tensor": [1]}, "TENSOR_MALFORMED"),
        ({"tftensor": {"dtype": "DT_FLOAT"}}, "BODY_UNKNOWN"),
        ("text", "BODY_UNKNOWN"),
    ],
)
def test_a_message_that_is_broken_or_has_no_rows_is_set_aside(data: object, condition: str) -> None:
    for half in ("request", "response"):
        letter = read_body(json.dumps({"data": data}).encode(), half).dead_letter
        assert letter is not None
        assert letter.condition == condition


def test_the_events_of_a_call_are_linked_and_decoded_together() -> None:
    events: list[Event] = []
    for half, data in [
        ("request", {"names": ["age", "job"], "ndarray": [[39, "clerk"]]}),
        ("request", {"names": ["job", "age"], "ndarray": [["nurse", 40]]}),
        ("response", {"names": ["proba"], "ndarray": [[0.1951846770138402]]}),
        ("response", {"names": ["t:0"], "ndarray": [[0.5]]}),
    ]:
        about = HEADERS | {"Ce-Id": f"id-{len(events)}", "Ce-Type": f"io.seldon.serving.inference.{half}"}
        events.append(from_http(about, json.dumps({"meta": {}, "data": data}).encode()))
    assert {(each.model, each.namespace, each.endpoint, each.dead_letter) for each in events} == {
        ("income", "seldon", "default", None)
    }
    assert events[0].event_time == datetime(2026, 1, 5, 8, 0, 0, 123456, timezone.utc)
    schema = ModelSchema("income", (), (Feature("proba", "numeric"),))
    (decoded,) = decode_events(events_to_batch(events), {"income": schema})
    table = decoded.rows().select(["request_id", "kind", "features", "predictions"]).to_pylist()
    assert {row["request_id"] for row in table} == {"call-1"}
    assert [dict(row["features"] or ()) for row in table[:2]] == [
        {"age": {"number": 39.0, "text": None}, "job": {"number": None, "text": "clerk"}},
        {"job": {"number": None, "text": "nurse"}, "age": {"number": 40.0, "text": None}},
    ]
    assert [dict(row["predictions"])["proba"]["number"] for row in table[2:]] == [0.1951846770138402, 0.5]
    assert {row["kind"] for row in table} == {"v1_request", "v1_response"}

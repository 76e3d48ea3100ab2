"""Bodies that are read many at once are read as they are one by one, and each is parsed once."""

import gzip
import json
from collections import Counter
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, strategies as st

from sparkmon import json_bytes
from sparkmon.protocol import Limits, batch_reader, decode_events, events_to_batch
from sparkmon.records import Event, Feature, ModelSchema
from tests.protocol.events import event
from tests.protocol.hostile import HOSTILE, tensor, v1, v2
from tests.protocol.test_arbitrary import BODIES, SMALL
from tests.protocol.test_row_blocks import by_row, decoded, values, want_of
from tests.support.decoding import decode, decode_batch

HEAD = "Inference-Header-Content-Length"


def binary(number: float, half: str = "request") -> Event:
    key = "inputs" if half == "request" else "outputs"
    head = json.dumps({"id": f"c-{number}", key: [tensor([1, 2], size=16)]}).encode()
    metadata = {HEAD: [str(len(head))]} if half == "request" else {}
    return event(head + np.array([number, 1e300]).tobytes(), half, metadata=metadata)


def outputs(number: int) -> bytes:
    both = [tensor([2], "INT64", [number, 2]), tensor([2], "BYTES", ["a", f"t{number}"]) | {"name": "y"}]
    return json.dumps({"id": f"c-{number}", "model_version": str(number % 2), "outputs": both}).encode()


GOOD: dict[str, list[Event]] = {
    "V1 lists": [event(v1([[i, 2.5, None]] * (1 + i % 3))) for i in range(20)],
    "V1 objects": [event(v1([{"a": i / 2, "b": f"t{i}", "c": i % 2 == 0}])) for i in range(20)],
    "V1 data frames": [event(v1([{"a": [i / 2], "b": [f"t{i}"]}])) for i in range(20)],
    "V1 scalars": [event(b'{"predictions": [%d, 0.5]}' % i, "response") for i in range(20)],
    "V1 columns": [event(b'{"inputs": {"a": [%d, 0.5], "b": ["x", "y"]}}' % i) for i in range(20)],
    "V2 one tensor": [event(v2(tensor([2, 2], data=[i, 0.5, 1e300, 4]))) for i in range(20)],
    "V2 tensors": [event(outputs(i), "response") for i in range(20)],
    "V2 binary": [binary(i) for i in range(20)],
    "V2 binary responses": [binary(i, "response") for i in range(20)],
    "V2 truth values": [event(v2(tensor([1], "BOOL", [i % 2 == 0]))) for i in range(20)],
    "V2 exact": [event(v2(tensor([1], "UINT64", [2**53 + i]))) for i in range(20)],
}


@pytest.mark.parametrize("name", GOOD)
def test_many_bodies_are_read_as_one_by_one(name: str) -> None:
    whole = decoded(GOOD[name])
    assert by_row(whole.blocks) == want_of(GOOD[name])
    reads = [decode(one) for one in GOOD[name]]
    assert whole.kinds.to_pylist() == [read.kind for read in reads]
    assert whole.body_ids.to_pylist() == [read.body_id for read in reads]
    assert whole.versions.to_pylist() == [read.model_version or "" for read in reads]
    assert not whole.reasons


@pytest.mark.parametrize("name", GOOD)
def test_a_bad_body_among_good_ones_is_alone_a_dead_letter(name: str) -> None:
    bad = [
        event(body, GOOD[name][0].event_type, event_id=condition)
        for body, condition in HOSTILE.values()
        if len(body) < 2**16
    ]
    events = GOOD[name][:12] + bad + GOOD[name][12:]
    whole = decoded(events)
    assert by_row(whole.blocks) == want_of(events)
    letters = {at: decode(one).dead_letter for at, one in enumerate(events)}
    assert whole.reasons == {at: letter for at, letter in letters.items() if letter is not None}


@pytest.mark.parametrize(
    "body",
    [
        v2(tensor([True], data=[1])),
        v2(tensor([1.0], data=[1])),
        v2(tensor([1], data=[True])),
        v2(tensor([1], data=["1"])),
        v2(tensor([1], data=[[1]])),
        v2(tensor([1], "INT64", data=[1.5])),
        v2(tensor([1], data=[1]), tail=b"x"),
        v2(tensor([1], data=[1], size=8)),
        v2(tensor([1], data=[1], size=8), tail=bytes(8)),
        v2(tensor([1], data=[1], size=True), tail=b"x"),
        json.dumps({"inputs": [tensor([1], data=[1])], "instances": [[1]]}).encode(),
        json.dumps({"instances": [[1]], "inputs": [tensor([1], data=[1])]}).encode(),
        v1([[[1]]]),
        v1([[2**53 + 1]]),
        v1([["x"], [1]]),
        v1([{"a": [1, 2]}]),
        v1([{"a": {"b": 1}}]),
        b'{"inputs": {"a": [1]}}',
        b'{"inputs": {"name": ["x"], "shape": [[1]], "datatype": ["FP64"], "data": [[1]]}}',
    ],
)
def test_what_looks_alike_is_looked_at_closely(body: bytes) -> None:
    for good in (v2(tensor([1], data=[1])), v1([[1]]), v1([{"a": 1}]), v1([{"a": [1]}])):
        events = [event(each) for each in [good] * 6 + [body] * 6 + [good] * 6]
        whole = decoded(events)
        assert by_row(whole.blocks) == want_of(events)
        assert whole.kinds.to_pylist() == [decode(one).kind for one in events]


@pytest.mark.slow
@given(st.lists(st.tuples(BODIES, st.sampled_from(["request", "response"])), min_size=1, max_size=4))
def test_any_bodies_are_read_as_one_by_one(bodies: list[tuple[bytes, str]]) -> None:
    events = [event(body, half) for body, half in bodies * 5]
    [whole] = decode_events(events_to_batch(events), None, SMALL)
    reads = [decode(one, SMALL) for one in events]
    assert whole.kinds.to_pylist() == [read.kind for read in reads]
    assert whole.counts.tolist() == [len(read.rows or read.predictions) for read in reads]
    assert whole.dead_letters().column("condition").to_pylist() == [
        read.dead_letter.condition for read in reads if read.dead_letter is not None
    ]
    assert sum(map(len, whole.blocks)) == whole.counts.sum()
    whole.rows().validate(full=True)


def test_limits_hold_for_many_bodies_too() -> None:
    events = [event(v1([[1, 2], [3, 4]])) for _ in range(8)]
    texts = [event(v1([{"name": "x" * 30}])) for _ in range(8)]
    for limits, condition in (
        (Limits(rows=1), "TOO_MANY_ROWS"),
        (Limits(columns=1), "TOO_MANY_COLUMNS"),
        (Limits(values=3), "TOO_MANY_VALUES"),
        (Limits(payload_bytes=5), "BODY_TOO_LARGE"),
    ):
        rows = decode_batch(events_to_batch(events), None, limits)
        assert rows.column("condition").to_pylist() == [condition] * 8
    for limits in (Limits(text_bytes=29), Limits(text_bytes=3)):
        rows = decode_batch(events_to_batch(texts), None, limits)
        assert rows.column("condition").to_pylist() == ["VALUE_TOO_LONG"] * 8


def test_a_schema_names_and_types_many_bodies() -> None:
    columns = (Feature("age", "numeric"), Feature("country", "categorical"))
    schema = ModelSchema("iris", columns, (Feature("label", "categorical"),))
    raw = np.array([[1, 578], [2, -3]], "<i4").tobytes()
    head = json.dumps({"inputs": [tensor([2, 2], "INT32", size=16)]}).encode()
    events = [
        *[event(v1([[2**60 + 1, 47], [1, True]])) for _ in range(6)],
        *[event(head + raw, metadata={HEAD: [str(len(head))]}) for _ in range(6)],
        *[event(v1([[1, 2, 3]])) for _ in range(6)],
        *[event(v2(tensor([1, 2], data=[1, 2]))) for _ in range(6)],
        *[event(b'{"predictions": [true]}', "response") for _ in range(6)],
    ]
    whole = decoded(events, {"iris": schema})
    rows = by_row(whole.blocks)
    assert [rows[0, i]["features"] for i in range(2)] == [
        {"age": (2.0**60, None), "country": (None, "47")},
        {"age": (1.0, None), "country": (None, "true")},
    ]
    assert [rows[6, i]["features"] for i in range(2)] == [
        {"age": (1.0, None), "country": (None, "578")},
        {"age": (2.0, None), "country": (None, "-3")},
    ]
    assert {letter.condition for letter in whole.reasons.values()} == {"ROW_LENGTH_MISMATCH"}
    assert sorted(whole.reasons) == list(range(12, 18))
    assert rows[18, 0]["features"] == {"age": (1.0, None), "country": (None, "2")}
    assert rows[24, 0]["predictions"] == {"label": (None, "true")}


class CountingReader:
    """Reads JSON and counts how often each text is read."""

    def __init__(self) -> None:
        self.texts: Counter[bytes] = Counter()

    def loads(self, data: bytes) -> Any:  # noqa: ANN401
        self.texts[bytes(data)] += 1
        return orjson.loads(data)


def test_each_body_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = CountingReader()
    monkeypatch.setattr(json_bytes, "_orjson", reader)
    odd = [v1([[[1], [2]]]), v1([[1], [2, 3]]), v2(tensor([1])), b'{"ready": true}', b"{}"]
    events = [one for events in GOOD.values() for one in events]
    events += [event(body) for body in odd]
    events += [event(gzip.compress(v1([["zipped"]])))]
    events += [event(b'{"predictions": [7]}', "response", request_payload=v1([["paired"]]))]
    rows = decoded(events).rows()
    heads = Counter(
        one.payload if b"binary" not in one.payload else one.payload[: one.payload.index(b"]}") + 2]
        for one in events[:-2]
    )
    heads += Counter([v1([["zipped"]]), v1([["paired"]]), b'{"predictions": [7]}'])
    assert reader.texts.keys() == heads.keys()
    assert reader.texts <= heads, "equal heads of binary bodies are parsed once"
    assert rows.num_rows >= len(events)


def test_rows_of_several_models_and_versions_share_the_work_and_not_the_blocks() -> None:
    events = [
        event(v1([[i, j] for j in range(1 + i % 3)]), model=f"m{i % 7}", annotations={"model-version": str(i % 2)})
        for i in range(100)
    ]
    blocks = decoded(events).blocks
    assert len(blocks) == 14
    for block in blocks:
        assert {(f"m{at % 7}", str(at % 2)) for at in block.event.tolist()} == {(block.model, block.model_version)}
        assert block.features is not None
        for row, (at, place) in enumerate(zip(block.event, block.instance, strict=True)):
            assert values(block.features, row) == {"feature_0": (at, None), "feature_1": (place, None)}


def test_a_step_that_is_full_ends_before_bodies_that_were_read_in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    good = [one for events in GOOD.values() for one in events]
    zipped = [event(gzip.compress(v1([[i, 2], [3, 4]]))) for i in range(len(good))]
    events = events_to_batch([one for pair in zip(good, zipped, strict=True) for one in pair])
    whole = decode_batch(events).to_pylist()
    monkeypatch.setattr(batch_reader, "_STEP_BYTES", 1000)
    parts = list(decode_events(events))
    assert len(parts) > 20
    assert [row for part in parts for row in part.rows().to_pylist()] == whole

"""What the real agent logged decodes as what the client really sent and got."""

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pytest

from sparkmon.protocol.attributes import parse_time
from tests.protocol.captures import ROOT, WRITTEN, all_events, cases, kafka_events, stored
from tests.support.decoding import decode

V1 = ["v1_request", "v1_response"]
V2 = ["v2_request", "v2_response"]
DEAD = ["dead_letter"]

KINDS = {
    "batcher_and_logger": V1[:1],
    "chain_v1_error_unknown_id": V1[:1],
    "chain_v1_no_ids": ["v1_request", "v1_request", "v1_response", "v1_response"],
    "chain_v1_transformer_predictor": ["v1_request", "v1_request", "v1_response", "v1_response"],
    "empty_instances": V1[:1],
    "get_health_v2_ready": ["empty", "health"],
    "get_model_metadata_v2": ["empty", "metadata"],
    "grpc_error_unknown_model": ["grpc", "empty"],
    "grpc_infer_raw": ["grpc", "grpc"],
    "kubelet_probe_not_logged": [],
    "metadata_header_lowercase_flag": V1,
    "minimal_flags_no_names": V1,
    "mode_request_only": V1[:1],
    "mode_response_only": V1[1:],
    "old_agent_v0_12_1_error_400": DEAD,
    "old_agent_v0_15_2_error_400": DEAD,
    "old_agent_v0_15_2_v1_predict": V1,
    "openai_chat_json": ["openai", "openai"],
    "openai_chat_sse_stream": ["openai", "sse"],
    "sink_down": [],
    "upstream_down_502": V1[:1],
    "v1_error_400_bad_json": DEAD,
    "v1_error_404_model": V1[:1],
    "v1_error_500_bad_shape": V1[:1],
    "v1_error_500_charset_content_type": V1[:1],
    "v1_explain_json": ["v1_request", "v1_explanation"],
    "v1_nan_inf": V1[:1],
    "v1_predict_batch_64_rows": V1,
    "v1_predict_client_ce_id": V1,
    "v1_predict_dict_instances": V1,
    "v1_predict_inputs_key": V1,
    "v1_predict_json": V1,
    "v1_predict_no_content_type": V1,
    "v1_string_instances": V1,
    "v2_error_422_missing_field": DEAD,
    "v2_infer_binary_bf16_rejected": V2[:1],
    "v2_infer_binary_fp64": V2,
    "v2_infer_json": V2,
    "v2_infer_json_bytes_mixed": V2,
    "v2_infer_json_named_columns_pd": V2,
}
CASES = sorted(KINDS)
EARLIEST = datetime(2026, 11, 23, 0, 39, 49, tzinfo=timezone.utc)
STRUCTURED = kafka_events("structured")
BINARY = kafka_events("binary")
Table = tuple[list[str], list[list[Any]]]


def v1_table(body: bytes) -> Table:
    said = json.loads(body)
    rows = said.get("predictions", said.get("instances", said.get("inputs")))
    made = "prediction" if "predictions" in said else "feature_0"
    if rows and isinstance(rows[0], dict):
        values = [[v[0] if isinstance(v, list) else v for v in row.values()] for row in rows]
        return list(rows[0]), values
    if rows and isinstance(rows[0], list):
        return [f"feature_{i}" for i in range(len(rows[0]))], rows
    return [made] * bool(rows), [[row] for row in rows]


def v2_table(body: bytes) -> Table:
    said, end = json.JSONDecoder().raw_decode(body.decode("latin-1"))
    if end == len(body):
        said = json.loads(body)
    names, columns = [], []
    for tensor in said.get("inputs", said.get("outputs")):
        if "data" in tensor:
            data = np.array(tensor["data"], object)
        else:
            size = tensor["parameters"]["binary_data_size"]
            raw = body[end : end + size]
            end += size
            if tensor["datatype"] == "BF16":
                raw = b"".join(b"\0\0" + raw[i : i + 2] for i in range(0, size, 2))
            dtype = {"FP64": "<f8", "INT64": "<i8", "BF16": "<f4"}[tensor["datatype"]]
            data = np.frombuffer(raw, dtype)
        table = data.reshape(tensor["shape"][0], -1)
        wide = table.shape[1] > 1
        names += [f"{tensor['name']}_{i}" if wide else tensor["name"] for i in range(len(table.T))]
        columns += table.T.tolist()
    return names, [list(row) for row in zip(*columns, strict=True)]


def table_of(kind: str, body: bytes) -> Table:
    if kind in V1:
        return v1_table(body)
    return v2_table(body) if kind in V2 else ([], [])


def as_lists(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(row) for row in rows]


def test_every_capture_has_an_expectation() -> None:
    listed = {entry["file"].removesuffix(".json") for entry in json.loads((ROOT / "INDEX.json").read_text())}
    assert listed <= set(KINDS)
    assert set(KINDS) == set(cases())


@pytest.mark.parametrize("case", CASES)
def test_http_events_are_of_the_kind_of_the_case(case: str) -> None:
    assert [decode(event).kind for event in cases()[case].events] == KINDS[case]


@pytest.mark.parametrize("case", [case for case in CASES if not case.startswith("chain")])
def test_rows_are_what_the_client_sent_and_got(case: str) -> None:
    exchange = cases()[case]
    for event in exchange.events:
        said = decode(event)
        body = exchange.request if event.event_type == "request" else exchange.response
        names, rows = table_of(said.kind, body)
        assert list(said.names) == names
        # As text: a NaN is no other's equal.
        assert repr(as_lists(said.rows or said.predictions)) == repr(rows)


def test_a_transformer_logs_ids_and_its_predictor_logs_features() -> None:
    events = cases()["chain_v1_transformer_predictor"].events
    hops = {(event.component, event.event_type): decode(event) for event in events}
    assert hops["transformer", "request"].names == ("id",)
    assert as_lists(hops["transformer", "request"].rows) == [[3], [77]]
    assert as_lists(hops["predictor", "request"].rows) == [
        [7.429617106350277, 2.0839639382636608, 5.377932678579665, 0.43913905150639754],
        [7.988041172289967, 2.87638702841972, 2.0261286401240444, 0.979186998634757],
    ]
    assert {event.event_id for event in events if event.component == "transformer"} == {"client-ce-1"}
    assert all(event.metadata == {"X-Request-Id": ["chain-1"]} for event in events)


def test_big_integers_and_text_arrive_exactly() -> None:
    said = decode(cases()["v2_infer_json_bytes_mixed"].events[0])
    assert said.names == ("country", "amount", "n", "flag")
    assert as_lists(said.rows) == [["NO", 1.5, 9007199254740993, True], ["Ærø", 2.25, -1, False]]


def test_an_event_has_the_fields_its_headers_say() -> None:
    event = cases()["v1_predict_json"].events[0]
    assert event.event_id == "a762988c-ae37-4549-8c31-24f13748863b"
    assert (event.event_type, event.source) == ("request", "iris-predictor-00001-deployment-5d4f")
    assert (event.model, event.namespace) == ("iris", "demo")
    assert (event.component, event.endpoint) == ("predictor", "default")
    assert event.event_time == parse_time("2026-11-23T00:36:06.741913Z")
    assert event.recorded_time == parse_time("2026-11-23T00:36:06.742177Z")
    assert event.metadata == {"X-Request-Id": ["req-0001"]}
    assert event.annotations == {"model-version": "3", "team": "risk"}
    assert (event.content_type, event.status_code) == ("application/json", None)
    assert event.dead_letter is None


def test_old_agents_have_no_recorded_time_and_null_metadata() -> None:
    request, response = cases()["old_agent_v0_15_2_v1_predict"].events
    assert request.recorded_time is None
    assert (request.metadata, response.metadata) == ({"X-Request-Id": ["o-1"]}, {})
    assert response.dead_letter is None


def test_no_captured_event_is_a_dead_letter_before_decoding() -> None:
    assert [event.dead_letter for event in all_events()] == [None] * len(all_events())


@pytest.mark.parametrize("case", sorted(BINARY))
def test_kafka_says_the_same_as_http_in_both_modes(case: str) -> None:
    assert BINARY[case] == cases()[case].events
    assert STRUCTURED[case] == cases()[case].events


@pytest.mark.parametrize("name", sorted(stored()))
def test_stored_objects_hold_requests_and_responses(name: str) -> None:
    events = stored()[name]
    assert events
    for event in events:
        said = decode(event)
        assert event.dead_letter is None
        assert (event.model, event.namespace, event.component) == ("iris", "demo", "predictor")
        assert (event.source, event.content_type) == ("iris-predictor-pod", "application/json")
        if event.event_type == "request":
            assert as_lists(said.rows) == [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]
        else:
            assert as_lists(said.predictions) == [[1], [1]]


def test_stored_objects_hold_as_many_records_as_were_batched() -> None:
    counts: dict[str, list[int]] = {}
    for name, events in stored().items():
        counts.setdefault(name.partition("/")[0], []).append(len(events))
    assert counts == {
        "store-csv": [2, 4],
        "store-json": [1] * 6,
        "store-json-batch4": [4],
        "store-json-sameid": [1, 1],
        "store-parquet": [2, 4],
    }


def test_stored_json_has_its_time_and_csv_takes_that_of_the_object() -> None:
    for name, events in stored().items():
        for event in events:
            if "json" in name:
                assert EARLIEST < event.event_time < WRITTEN
                assert event.recorded_time == WRITTEN
            else:
                assert (event.event_time, event.recorded_time) == (WRITTEN, None)
                assert event.metadata["X-Request-Id"][0].startswith("st-")
                # The agent that wrote Parquet was told of no annotations.
                assert event.annotations == ({"team": "risk"} if "csv" in name else {})

"""Bodies of every protocol become rows, checked against arrays encoded by hand."""

import gzip
import json
import struct
from typing import Any

import numpy as np
import pytest

from tests.protocol.events import event
from tests.protocol.hostile import GOOD, tensor, v1, v2
from tests.support.decoding import Decoded, decode


def said(body: bytes, half: str = "request") -> Decoded:
    read = decode(event(body, half))
    assert read.dead_letter is None
    return read


@pytest.mark.parametrize(
    ("instances", "names", "rows"),
    [
        ([[1.5, 2], [3, 4]], ("feature_0", "feature_1"), [[1.5, 2], [3, 4]]),
        ([[[1, 2], [3, 4]]], ("feature_0", "feature_1", "feature_2", "feature_3"), [[1, 2, 3, 4]]),
        ([1, None, True, "a"], ("feature_0",), [[1], [None], [True], ["a"]]),
        ([{"a": 1, "b": [2.5]}], ("a", "b"), [[1, 2.5]]),
        ([{"a": [1, 2], "b": {"c": 3}}], ("a_0", "a_1", "b_c"), [[1, 2, 3]]),
        ([{"a": 1}, {"b": 2, "a": 3}], ("a", "b"), [[1, None], [3, 2]]),
        ([{"a": 1, "b": 2}, {"b": 3, "a": 4}], ("a", "b"), [[1, 2], [4, 3]]),
        ([{"image": {"b64": "AAAA"}}], ("image_b64",), [["AAAA"]]),
        ([{"a": 1.5, "b": "x"}, {"a": [2.5], "b": "y"}], ("a", "b"), [[1.5, "x"], [2.5, "y"]]),
        ([[]], (), [[]]),
        ([], (), []),
    ],
)
def test_v1_instances_of_every_form_become_rows(
    instances: object, names: tuple[str, ...], rows: list[list[Any]]
) -> None:
    read = said(v1(instances))
    assert (read.kind, read.names, read.rows) == ("v1_request", names, rows)
    assert read.named is (bool(names) and not names[0].startswith("feature_"))


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_records": [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}]},
        {"dataframe_split": {"index": [7, 8], "columns": ["a", "b"], "data": [[1, "x"], [2.5, None]]}},
        {"inputs": {"a": [1, 2.5], "b": ["x", None]}},
    ],
)
def test_data_frames_of_mlflow_become_rows(body: object) -> None:
    """The three forms in which MLflow's scoring server takes a data frame."""
    read = said(json.dumps(body).encode())
    assert (read.kind, read.names, read.rows) == ("v1_request", ("a", "b"), [[1, "x"], [2.5, None]])
    assert read.named


@pytest.mark.parametrize(
    ("frame", "condition"),
    [
        ([[1]], "INSTANCES_MALFORMED"),
        ({"columns": ["a"]}, "INSTANCES_MALFORMED"),
        ({"columns": [1], "data": [[1]]}, "INSTANCES_MALFORMED"),
        ({"columns": ["a", "a"], "data": [[1, 2]]}, "NAMES_COLLIDE"),
        ({"columns": ["a", "b"], "data": [[1, 2], [3]]}, "ROWS_RAGGED"),
        ({"columns": ["a"], "data": [1]}, "ROWS_RAGGED"),
    ],
)
def test_a_broken_data_frame_is_a_dead_letter(frame: object, condition: str) -> None:
    read = decode(event(json.dumps({"dataframe_split": frame}).encode(), "request"))
    assert read.dead_letter is not None
    assert read.dead_letter.condition == condition


@pytest.mark.parametrize(
    ("predictions", "names", "rows"),
    [
        ([1, 0], ("prediction",), [[1], [0]]),
        ([[0.5], [0.25]], ("prediction",), [[0.5], [0.25]]),
        ([[0.25, 0.75]], ("prediction_0", "prediction_1"), [[0.25, 0.75]]),
        (["cat"], ("prediction",), [["cat"]]),
        ([{"label": "cat", "p": 0.5}], ("label", "p"), [["cat", 0.5]]),
    ],
)
def test_v1_predictions_of_every_form_become_predictions(
    predictions: object, names: tuple[str, ...], rows: list[list[Any]]
) -> None:
    read = said(json.dumps({"predictions": predictions}).encode(), "response")
    assert (read.kind, read.names, read.predictions, read.rows) == ("v1_response", names, rows, ())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b'{"explanations": [[1]]}', "v1_explanation"),
        (b'{"predictions": [], "explanations": {"temp": [1], "masks": []}}', "v1_response"),
        (b'{"explanations": {"adversarial_example": [1], "L2 error": 1}}', "v1_explanation"),
        (b'{"meta": {"name": "AnchorTabular", "explanations": ["local"]}, "data": {"anchor": []}}', "v1_explanation"),
        (b'{"timestamp": "t", "LIME": {"saliencies": {"output-0": []}}}', "v1_explanation"),
        (b'{"saliencies": {"output-0": []}}', "v1_explanation"),
        (b'{"error": "no"}', "error"),
        (b'{"detail": [{"msg": "no"}]}', "error"),
        (b'{"live": true}', "health"),
        (b'{"status": "alive"}', "health"),
        (b'{"name": "iris", "ready": true}', "health"),
        (b'{"name": "kserve", "version": "0.21", "extensions": []}', "metadata"),
        (b'{"object": "list", "data": []}', "openai"),
        (b'data: {"choices": []}\n\ndata: [DONE]\n\n', "sse"),
        (b"event: done\ndata: 1\n\n", "sse"),
    ],
)
def test_responses_without_predictions_are_set_apart(body: bytes, kind: str) -> None:
    read = said(body, "response")
    assert (read.kind, read.predictions) == (kind, [])


@pytest.mark.parametrize(
    "body",
    [
        b'{"messages": []}',
        b'{"prompt": "a"}',
        b'{"model": "m", "input": "a"}',
        b'{"model": "m", "query": "a", "documents": []}',
    ],
)
def test_openai_requests_are_set_apart(body: bytes) -> None:
    assert said(body).kind == "openai"


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": {"names": [], "values": [[0.5]]}, "meta": {"tags": {}}}',
        b'{"result": [[1, 2]]}',
        b'{"message": "no healthy upstream"}',
        b'{"anything": 1}',
        b'{"LIME": 1, "meta": {"explanations": []}, "data": []}',
        b"{}",
    ],
)
def test_an_answer_of_no_protocol_is_a_dead_letter_that_names_its_members(body: bytes) -> None:
    letter = decode(event(body, "response")).dead_letter
    assert letter is not None
    assert letter.condition == "BODY_UNKNOWN"
    assert letter.reason == (
        "got an object with neither predictions nor outputs as response body; it has "
        + (", ".join(map(repr, json.loads(body))) or "no members")
    )


def test_grpc_is_recognised_by_its_content_type() -> None:
    assert decode(event(b"\0\0\0\0\0", content_type="Application/gRPC+proto")).kind == "grpc"


def test_gzip_bodies_are_opened() -> None:
    assert said(gzip.compress(GOOD, mtime=0)) == said(GOOD)
    assert said(gzip.compress(GOOD[:9], mtime=0) + gzip.compress(GOOD[9:], mtime=0)) == said(GOOD)


def test_inputs_are_v1_or_v2_by_their_elements() -> None:
    assert said(b'{"inputs": [[1.0]]}').kind == "v1_request"
    assert said(b'{"inputs": [{"age": 1}]}').kind == "v1_request"
    assert said(v2(tensor([1], data=[1]))).kind == "v2_request"


@pytest.mark.parametrize(
    ("datatype", "data", "values"),
    [
        ("FP32", [1, 2.5], [1.0, 2.5]),
        ("FP64", [None, 2.5], [None, 2.5]),
        ("INT64", [2**63 - 1, 3.0], [2**63 - 1, 3]),
        ("UINT64", [2**64 - 1, 0], [2**64 - 1, 0]),
        ("BOOL", [True, 0], [True, False]),
        ("BYTES", ["a", "æ"], ["a", "æ"]),
    ],
)
def test_json_tensors_have_the_values_of_their_datatype(datatype: str, data: list[Any], values: list[Any]) -> None:
    flat = said(v2(tensor([2], datatype, data)))
    nested = said(v2(tensor([2, 1], datatype, [[value] for value in data])))
    assert flat == nested
    assert [row[0] for row in flat.rows] == values
    assert [type(row[0]) for row in flat.rows] == [type(value) for value in values]


@pytest.mark.parametrize("shape", [[0], [0, 4]])
def test_a_tensor_may_have_no_rows(shape: list[int]) -> None:
    read = said(v2(tensor(shape, data=[])))
    assert (read.kind, read.rows) == ("v2_request", [])


def test_only_a_lone_wide_tensor_leaves_its_columns_unnamed() -> None:
    one = tensor([1, 2], data=[1, 2])
    assert (said(v2(one)).named, said(v2(one)).names) == (False, ("x_0", "x_1"))
    both = said(v2(one, tensor([1], data=[3]) | {"name": "y"}))
    assert (both.named, both.names, both.rows) == (True, ("x_0", "x_1", "y"), [[1, 2, 3]])
    assert said(v2(tensor([1], data=[1]))).named is True


@pytest.mark.parametrize(
    ("datatype", "dtype"),
    [
        ("BOOL", np.bool_),
        ("INT8", np.int8),
        ("INT16", np.int16),
        ("INT32", np.int32),
        ("INT64", np.int64),
        ("UINT8", np.uint8),
        ("UINT16", np.uint16),
        ("UINT32", np.uint32),
        ("UINT64", np.uint64),
        ("FP16", np.float16),
        ("FP32", np.float32),
        ("FP64", np.float64),
    ],
)
def test_binary_tensors_hold_what_numpy_wrote(datatype: str, dtype: type[np.generic]) -> None:
    bits = np.random.default_rng(7).integers(0, 256, 6 * np.dtype(dtype).itemsize, np.uint8)
    array = (bits & 1).astype(dtype) if datatype == "BOOL" else bits.view(dtype)
    if np.issubdtype(dtype, np.floating):
        array = np.nan_to_num(array)
    array = array.reshape(3, 2)
    read = said(v2(tensor([3, 2], datatype, size=array.nbytes), tail=array.tobytes()))
    assert read.rows == array.tolist()


def test_bf16_is_the_upper_half_of_fp32() -> None:
    array = np.array([1.5, -2.0, 3.140625, np.inf], "<f4")
    raw = array.view("<u2")[1::2].tobytes()
    assert [row[0] for row in said(v2(tensor([4], "BF16", size=8), tail=raw)).rows] == array.tolist()


def test_binary_strings_are_text_or_else_base64() -> None:
    strings = ["NO", "", "Ærø"]
    raw = b"".join(struct.pack("<I", len(s.encode())) + s.encode() for s in strings)
    raw += struct.pack("<I", 2) + b"\xff\x00"
    read = said(v2(tensor([4], "BYTES", size=len(raw)), tail=raw))
    assert [row[0] for row in read.rows] == [*strings, "base64:/wA="]


def test_json_and_binary_tensors_mix() -> None:
    a, b = np.array([1.5, 2.5]), np.array([[7, 8], [9, 10]], np.int16)
    heads = [
        tensor([2], "FP64", size=a.nbytes) | {"name": "a"},
        tensor([2], "BYTES", ["x", "y"]) | {"name": "s"},
        tensor([2, 2], "INT16", size=b.nbytes) | {"name": "b"},
    ]
    body = v2(*heads, tail=a.tobytes() + b.tobytes())
    read = said(body)
    assert read.names == ("a", "s", "b_0", "b_1")
    assert read.rows == [[1.5, "x", 7, 8], [2.5, "y", 9, 10]]
    length = str(body.index(b"}]}") + 3)
    told = decode(event(body, metadata={"inference-header-content-length": [length]}))
    assert told == read


def test_a_response_ignores_the_length_of_its_requests_head() -> None:
    head = json.dumps({"id": "r", "model_version": "7", "outputs": [tensor([1], size=8)]}).encode()
    body = head + np.array([2.5]).tobytes()
    read = decode(event(body, "response", metadata={"Inference-Header-Content-Length": ["12"]}))
    assert (read.kind, read.predictions) == ("v2_response", [[2.5]])
    assert (read.body_id, read.model_version) == ("r", "7")


def test_braces_in_strings_do_not_end_the_head() -> None:
    one = tensor([1], size=8) | {"name": 'a}"\\{'}
    assert said(v2(one, tail=b"}" * 8)).names == ('a}"\\{',)

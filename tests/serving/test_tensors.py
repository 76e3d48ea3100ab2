"""V2 tensors in and out: exact ids, every shape that a caller may send, and which are refused."""

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from kserve import InferInput, InferRequest, InferResponse

from sparkmon.errors import ServingError
from sparkmon.serving.answer import for_v1, for_v2, read_v2
from sparkmon.serving.feature_tensors import as_tensors
from sparkmon.serving.request_reader import RequestReader
from tests.support.online_view import CARDS

READER = RequestReader(CARDS, {}, 3)
BIG = 2**53 + 1


def read(*tensors: InferInput) -> list[dict[str, Any]]:
    asked = READER.read_v2(InferRequest("fraud", list(tensors)), {})
    return [{**ids, **passed} for ids, passed in zip(asked.ids, asked.passed_features, strict=True)]


def raw(name: str, values: list[Any], dtype: type, datatype: str) -> InferInput:
    array: Any = np.array(values, dtype=dtype)
    tensor = InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array, binary_data=True)
    return tensor


AMOUNT = InferInput("amount", [2, 1], "FP64", [1.5, 2.0])


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (InferInput("card_id", [2], "INT64", [BIG, -BIG]), [BIG, -BIG]),
        (InferInput("card_id", [2], "BYTES", ["a", "ü"]), ["a", "ü"]),
        (InferInput("card_id", [2, 1], "BYTES", [b"a", "ü".encode()]), ["a", "ü"]),
        (raw("card_id", [BIG, -BIG], np.int64, "INT64"), [BIG, -BIG]),
        (raw("card_id", ["a", "ü"], np.object_, "BYTES"), ["a", "ü"]),
        (raw("card_id", [7.0, 8.0], np.float32, "FP32"), [7, 8]),
    ],
)
def test_ids_come_exact(ids: InferInput, found: list[Any]) -> None:
    assert [row["card_id"] for row in read(ids, AMOUNT)] == found


def test_one_tensor_holds_ids_and_then_features() -> None:
    assert read(InferInput("input-0", [2, 2], "FP64", [[7, 1.5], [8, 2.5]])) == [
        {"card_id": 7, "amount": 1.5},
        {"card_id": 8, "amount": 2.5},
    ]


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ([], "no tensor"),
        ([InferInput("card_id", [1], "INT64", [1])] * 2, "two of one name"),
        ([AMOUNT, InferInput("x", [2], "INT64", [1, 2])], "'x'"),
        ([AMOUNT], "no 'card_id'"),
        ([InferInput("ids", [2, 3], "INT64", [1] * 6)], r"\[n, 2\]"),
        ([AMOUNT, InferInput("card_id", [1], "INT64", [1])], "shapes"),
        ([AMOUNT, InferInput("card_id", [2], "INT64", [1])], "1 values"),
        ([AMOUNT, InferInput("card_id", [2], "INT64", [1.5, 2])], "INT64"),
        ([AMOUNT, InferInput("card_id", [2], "FP64", [1.5, 2])], "card_id=1.5"),
        ([AMOUNT, InferInput("card_id", [2], "WHAT", [1, 2])], "WHAT"),
        ([InferInput("ids", [4, 2], "INT64", [1] * 8)], "4 instances; 3 is the limit"),
        ([InferInput("ids", [-1, 2], "INT64", [1, 2])], r"\[-1, 2\]"),
    ],
)
def test_tensors_that_do_not_fit_the_view_are_refused(tensors: list[InferInput], reason: str) -> None:
    with pytest.raises(ServingError, match=reason) as caught:
        read(*tensors)
    assert caught.value.status == 400


def test_json_of_more_values_than_instances_may_have_is_refused_unread_and_raw_tensors_are_not_json() -> None:
    reader = RequestReader(CARDS, {}, 100)  # 1,000 values, at two signs each
    reader.check_items(b'{"instances":[' + b"[7]," * 900 + b"[]]}", None)
    bomb = b'{"instances":[' + b"[]," * 1000 + b"[]]}"
    with pytest.raises(ServingError, match="got JSON of more than 2000 values; 100 instances are the limit"):
        reader.check_items(bomb, None)
    reader.check_items(b"{}" + b"," * 5000, "2")


def test_raw_bytes_of_another_length_are_refused() -> None:
    tensor = raw("card_id", [1, 2], np.int64, "INT64")
    tensor.shape = [3]
    with pytest.raises(ServingError, match="cannot be read"):
        read(tensor, InferInput("amount", [3], "FP64", [1.0] * 3))


def test_numbers_make_one_matrix_and_mixed_features_a_tensor_each() -> None:
    (matrix,) = as_tensors(("a", "b", "c"), [[1, Decimal("0.5"), True]], "vectors")
    assert (matrix.shape, matrix.datatype, matrix.data) == ([1, 3], "FP64", [1.0, 0.5, 1.0])
    time = datetime(2026, 3, 1, tzinfo=timezone.utc)
    row: list[Any] = [BIG, "x", True, 2.5, time, [1, 2], {"k": 1}, b"\x00", None]
    found = as_tensors(tuple("abcdefghi"), [row], "vectors")
    assert [(t.datatype, t.shape, t.data) for t in found[:-1]] == [
        ("INT64", [1], [BIG]),
        ("BYTES", [1], ["x"]),
        ("BOOL", [1], [True]),
        ("FP64", [1], [2.5]),
        ("BYTES", [1], ["2026-03-01T00:00:00+00:00"]),
        ("FP64", [1, 2], [1.0, 2.0]),
        ("BYTES", [1], ['{"k":1}']),
        ("BYTES", [1], [b"\x00"]),
    ]
    assert found[-1].datatype == "FP64"
    assert np.isnan(found[-1].data[0])


@pytest.mark.parametrize("predictions", [[1, 2], [0.5, 1.0], ["a", "b"], [True, False], [[0.5, 1.0], [2.0, 3.0]]])
def test_predictions_survive_the_conversion_to_v2_and_back(predictions: list[Any]) -> None:
    origin = InferRequest("fraud", [], request_id="q")
    answer = for_v2({"predictions": predictions}, origin, "fraud")
    assert answer.id == "q"
    assert for_v1(answer) == {"predictions": predictions}
    sent, _ = answer.to_rest()
    assert for_v1(InferResponse.from_rest(sent)) == {"predictions": predictions}


def test_several_outputs_are_an_object_a_row_for_v1() -> None:
    body = (
        b'{"model_name": "m", "id": "1", "outputs": ['
        b'{"name": "label", "shape": [2], "datatype": "BYTES", "data": ["a", "b"]},'
        b'{"name": "score", "shape": [2], "datatype": "FP32", "data": [0.5, 1]}]}'
    )
    assert for_v1(read_v2(body, None)) == {"predictions": [{"label": "a", "score": 0.5}, {"label": "b", "score": 1.0}]}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"outputs": [{}]}', b'{"outputs": 3}'])
def test_an_answer_that_is_no_v2_is_refused(body: bytes) -> None:
    for head_length in (None, str(len(body))):
        with pytest.raises(ServingError) as caught:
            read_v2(body, head_length)
        assert caught.value.status == 502

"""Columns, as TensorFlow Serving's documentation has them under ``inputs`` and ``outputs``, become rows."""

import json
from typing import Any

import pytest

from tests.protocol.test_bodies import said


@pytest.mark.parametrize(
    ("columns", "names", "rows"),
    [
        # What TF Serving's documentation calls the column format.
        ({"amount": [12.5, 40.0], "country": ["NL", "BE"]}, ("amount", "country"),
         [[12.5, "NL"], [40.0, "BE"]]),
        ({"score": [0.2, 0.6]}, ("score",), [[0.2], [0.6]]),
        ({"score": [[0.2], [0.6]]}, ("score",), [[0.2], [0.6]]),
        ({"a": [[1, 2], [3, 4]], "b": [5, 6]}, ("a_0", "a_1", "b"), [[1, 2, 5], [3, 4, 6]]),
        ({"a": [1, 2], "keep": 0.5}, ("a", "keep"), [[1, 0.5], [2, 0.5]]),
        ({"image": {"b64": "AAAA"}}, ("image_b64",), [["AAAA"]]),
        ({"a": []}, (), []),
        ({}, (), []),
    ],
)  # fmt: skip
def test_columns_become_rows(columns: dict[str, Any], names: tuple[str, ...], rows: list[list[Any]]) -> None:
    read = said(json.dumps({"inputs": columns}).encode())
    assert (read.kind, read.names, read.rows) == ("v1_request", names, rows)
    read = said(json.dumps({"outputs": columns}).encode(), "response")
    assert (read.kind, read.names, read.predictions) == ("v1_response", names, rows)
    assert read.named is bool(names)


def test_a_lone_column_of_lists_and_outputs_without_names_leave_them_to_the_schema() -> None:
    read = said(b'{"inputs": {"dense_input": [[1.0, 2.0], [5.0, 6.0]]}}')
    assert (read.named, read.names) == (False, ("feature_0", "feature_1"))
    assert read.rows == [[1.0, 2.0], [5.0, 6.0]]
    read = said(b'{"outputs": [[0.2], [0.6]]}', "response")
    assert (read.kind, read.named, read.names) == ("v1_response", False, ("prediction",))
    assert read.predictions == [[0.2], [0.6]]

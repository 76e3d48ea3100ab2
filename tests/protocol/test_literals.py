"""NaN, Infinity and -Infinity, which Python, Triton and TorchServe write into JSON, are values."""

import math

import numpy as np
import pytest

from tests.protocol.events import event
from tests.protocol.hostile import tensor, v1, v2
from tests.protocol.test_bodies import said
from tests.protocol.test_row_blocks import by_row, decoded, want_of
from tests.support.decoding import decode


@pytest.mark.parametrize(
    "body",
    [
        b'{"instances": [[NaN, Infinity, -Infinity, 1e300]]}',
        b'{"instances": [{"a": NaN, "b": [Infinity], "c": -Infinity, "d": 1e300}]}',
        b'{"inputs": {"a": [NaN], "b": [Infinity], "c": [-Infinity], "d": [1e300]}}',
        v2(tensor([1, 4], "FP32", [math.nan, math.inf, -math.inf, 1e300])),
        v2(*(tensor([1], "FP64", [value]) | {"name": str(value)}
             for value in (math.nan, math.inf, -math.inf, 1e300))),
    ],
)  # fmt: skip
def test_nan_and_infinity_are_values(body: bytes) -> None:
    [row] = said(body).rows
    assert repr(list(row)) == "[nan, inf, -inf, 1e+300]"


def test_nan_in_the_head_of_a_binary_body_is_a_value() -> None:
    body = v2(
        tensor([1], "FP64", [math.nan]) | {"name": "a"},
        tensor([1], "FP32", size=4) | {"name": "b"},
        tail=np.array([-np.inf], "<f4").tobytes(),
    )
    for metadata in ({}, {"Inference-Header-Content-Length": [str(len(body) - 4)]}):
        read = decode(event(body, metadata=metadata))
        assert repr([list(row) for row in read.rows]) == "[[nan, -inf]]"


def test_bodies_with_literals_are_read_among_others() -> None:
    values = [1.5, math.nan, 2.5, math.inf, -math.inf] * 5
    events = [event(v1([[value, 1.0]])) for value in values]
    assert by_row(decoded(events).blocks) == want_of(events)
    [one] = decoded(events).blocks
    assert one.features is not None
    assert repr(one.features.numbers[:, 0].tolist()) == repr(values)

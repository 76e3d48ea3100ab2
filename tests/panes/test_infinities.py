"""Infinities and NaN reach the profile apart from nulls, from whatever body."""

import json
import math
from typing import Any

import numpy as np
import pytest

from sparkmon.protocol import blocks_of_rows, decode_events, events_to_batch
from tests.panes.test_builder import built
from tests.protocol.events import event
from tests.protocol.hostile import tensor, v2
from tests.support.decoding import decode_batch

VALUES = [1.5, math.inf, -math.inf, math.nan, -math.inf]
COUNTS = {"count": 5, "num_inf": 3, "num_nan": 1, "num_nulls": 0, "num_numbers": 1, "num_texts": 0}
RAW = np.array(VALUES, "<f4").tobytes()


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"instances": VALUES}).encode(),
        json.dumps({"instances": [{"x": value, "y": "a"} for value in VALUES]}).encode(),
        json.dumps({"inputs": {"x": VALUES}}).encode(),
        v2(tensor([5], "FP64", VALUES)),
        v2(tensor([5], "FP32", size=len(RAW)), tail=RAW),
    ],
)
@pytest.mark.parametrize("form", ["decoded", "of rows"])
def test_infinities_are_counted_apart(body: bytes, form: str) -> None:
    events = events_to_batch([event(body)])
    blocks = [block for decoded in decode_events(events) for block in decoded.blocks]
    if form == "of rows":
        blocks = blocks_of_rows(decode_batch(events))
    panes = built(blocks).to_pylist()
    [profile] = [pane["profile"] for pane in panes if pane["column_name"] != "y"]
    counts: dict[str, Any] = {name: profile[name] for name in COUNTS}
    assert counts == COUNTS
    assert (profile["min"], profile["max"]) == (1.5, 1.5)

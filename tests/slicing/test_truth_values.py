"""One truth value is one level and one slice, whatever stands for it in the reference and in a payload."""

import json
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.distributions.schema import REFERENCES
from sparkmon.protocol import decode_events, events_to_batch, levels_of
from sparkmon.records import Event
from sparkmon.slicing import BlockSlices, slices_of
from sparkmon.store import schemas_of
from tests.comparison.judge_case import numbers, row, table, texts

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
STORED: dict[str, tuple[list[Any], str]] = {
    "integer codes": ([1, 0], "categorical"),
    "codes as texts": (["1", "0"], "categorical"),
    "truth values": ([True, False], "boolean"),
    "truth as texts": (["true", "false"], "categorical"),
    "numbers": ([1, 0], "numeric"),
}
SENT: dict[str, list[Any]] = {
    "truth": [True, False],
    "truth and null": [True, False, None],
    "integers": [1, 0],
    "floats": [1.0, 0.0],
    "mixed": [True, 0, "false", 1.0],
    "texts of truth": ["true", "false"],
    "texts of integers": ["1", "0"],
}


TEXTS = ("texts of truth", "mixed")  # no numbers


@pytest.mark.parametrize(
    ("stored", "sent"),
    [(stored, sent) for stored in STORED for sent in SENT if stored != "numbers" or sent not in TEXTS],
)
def test_a_row_is_in_the_slice_of_its_truth_value(stored: str, sent: str) -> None:
    values, kind = STORED[stored]
    levels = ["1", "0"] if kind == "numeric" else levels_of(pa.array(values), kind)[2].to_pylist()  # type: ignore[arg-type]
    profile = numbers(np.array([1.0, 0.0] * 50)) if kind == "numeric" else texts(dict.fromkeys(levels, 50))
    other = numbers(np.array([0.5, 1.5]))
    columns: list[tuple[str, str, Any, int]] = [("flag", kind, profile, 0), ("x", "numeric", other, 1)]
    references = table(
        [
            row("m", name, each, data_type=type_, column_index=place, slice_key=key, slice_value=value)
            for name, type_, each, place in columns
            for key, value in [(None, None), *(("flag", level) for level in levels)]
        ],
        REFERENCES,
    )
    body = json.dumps({"instances": [[value, 0.5] for value in SENT[sent]]}).encode()
    events = events_to_batch([Event("1", "request", "pod", NOON, body, "m")])
    schemas = {each.model: each for each in schemas_of(references)}
    [block] = next(decode_events(events, schemas)).blocks
    [(key, slice_values)] = BlockSlices(slices_of(references)).of(block)
    others: dict[str, list[int | None]] = {"truth and null": [1, 0, None], "mixed": [1, 0, 0, 1]}
    true = others.get(sent, [1, 0])
    assert key == "flag"
    assert slice_values.to_pylist() == [None if each is None else levels[1 - each] for each in true]

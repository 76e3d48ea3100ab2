"""Row blocks say what ``decode`` says of each event, rows are made of them, and they are bounded in number."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.protocol import (
    DEAD_LETTERS,
    Cells,
    DecodedEvents,
    RowBlock,
    blocks_of_rows,
    decode_events,
    events_to_batch,
)
from sparkmon.records import Event, Feature, ModelSchema
from tests.protocol.captures import all_events, stored
from tests.protocol.events import event
from tests.protocol.hostile import GOOD, HOSTILE, tensor, v1, v2
from tests.protocol.test_batch import cell, plain
from tests.support.decoding import decode, decode_batch

SIDES = ("features", "predictions", "entities", "row_flags")
NOTE = {"view": "v:1", "keys": {"card": [7, 2**53 + 1]}, "missing": {"cards": [1]}}
NOTED = {"parameters": {"sparkmon": json.dumps(NOTE)}}
EVENTS = [
    *all_events(),
    *(one for events in stored().values() for one in events),
    *(event(body, event_id=name) for name, (body, _) in HOSTILE.items() if len(body) < 2**20),
    event(json.dumps({"instances": [[1], [2]]} | NOTED).encode()),
    event(v1([{"a": 1, "b": "x"}, {"b": None, "c": True}, {}])),
    event(v1([{}, {}])),
]

Row = dict[str, dict[str, Any] | None]


def decoded(events: Sequence[Event], schemas: Any = None) -> DecodedEvents:  # noqa: ANN401
    [whole] = decode_events(events_to_batch(events), schemas, models_with_notes=("iris",))
    return whole


def values(cells: Cells, row: int) -> dict[str, Any]:
    """Spell out one row, each cell as (number, text)."""
    spelled = {}
    for at, name in enumerate(cells.names):
        if cells.present is not None and not cells.present[row, at]:
            continue
        is_number = cells.has_number is None or cells.has_number[row, at]
        text = cells.texts[at][row].as_py() if at in cells.texts else None
        assert is_number or np.isnan(cells.numbers[row, at])
        spelled[name] = (plain(cells.numbers[row, at]) if is_number else None, text)
    return spelled


def by_row(blocks: Iterable[RowBlock]) -> dict[tuple[int, int], Row]:
    rows: dict[tuple[int, int], Row] = {}
    for block in blocks:
        for at in range(len(block)):
            sides = {side: getattr(block, side) for side in SIDES}
            key = (int(block.event[at]), int(block.instance[at]))
            assert key not in rows, "a row is in one block"
            rows[key] = {side: c and values(c, at) for side, c in sides.items()}
        assert (np.diff(block.event) >= 0).all(), "in the order of the events"
    return rows


def want_of(events: Sequence[Event]) -> dict[tuple[int, int], Row]:
    """Spell out the rows of unpaired events from what ``decode`` says of them."""
    want: dict[tuple[int, int], Row] = {}
    for at, one in enumerate(events):
        read = decode(one, has_notes=True)
        for i, row in enumerate(read.rows or read.predictions):
            cells = dict(zip(read.names, map(cell, row), strict=True))
            side, other = SIDES[:2] if one.event_type == "request" else SIDES[1::-1]
            want[at, i] = {side: cells, other: None}
            for note in SIDES[2:]:
                noted = getattr(read, note)
                want[at, i][note] = (noted and {n: cell(v) for n, v in noted[i].items()}) or None
    return want


@pytest.mark.slow
def test_blocks_say_what_decode_says_of_each_event() -> None:
    assert by_row(decoded(EVENTS).blocks) == want_of(EVENTS)


def test_the_blocks_of_rows_are_the_blocks_that_the_rows_were_made_of() -> None:
    whole = decoded(EVENTS)
    rows = whole.rows()
    event_ids = np.flatnonzero(rows.column("instance").to_numpy() <= 0)
    again = by_row(blocks_of_rows(rows))
    instances = rows.column("instance").to_numpy()
    events = np.searchsorted(event_ids, np.arange(rows.num_rows), side="right") - 1
    shifted = {(int(events[at]), int(instances[at])): row for (at, _), row in again.items()}
    assert len(again) == len(shifted)
    assert shifted == by_row(whole.blocks)
    part = rows.slice(30, 40)
    assert list(by_row(blocks_of_rows(part)).values()) != []
    assert {at + 30: row for (at, _), row in by_row(blocks_of_rows(part)).items()} == {
        at: row for (at, _), row in again.items() if 30 <= at < 70
    }


def test_a_block_knows_its_model_version_half_and_times() -> None:
    one = event(json.dumps({"model_version": "7", "outputs": [tensor([2], data=[1, 2])]}).encode(), "response")
    [block] = decoded([event(b"oops"), one]).blocks
    assert (block.model, block.model_version, block.event_type) == ("iris", "7", "response")
    assert block.event.tolist() == [1, 1]
    assert block.instance.tolist() == [0, 1]
    assert set(block.event_time.tolist()) == {int(one.event_time.timestamp() * 1e6)}


def test_each_model_version_half_and_layout_has_a_block() -> None:
    events = [
        event(v1([[1.0]]), model="a"),
        event(v1([[1.0, 2.0]]), model="a"),
        event(v1([[1.0]]), model="b"),
        event(v1([[3.0]]), model="a", annotations={"model-version": "2"}),
        event(b'{"predictions": [1, 2]}', "response", model="a"),
        event(v1([[5.0]]), model="a"),
    ]
    blocks = decoded(events).blocks
    assert sorted(block.event.tolist() for block in blocks) == [[0, 5], [1], [2], [3], [4, 4]]


def test_a_pair_of_unequal_lengths_is_split_where_one_side_ends() -> None:
    one = event(b'{"predictions": [0]}', "response", request_payload=v1([[1.5], [3], [5]]))
    both, rest = decoded([one]).blocks
    assert (both.instance.tolist(), rest.instance.tolist()) == ([0], [1, 2])
    assert both.features is not None
    assert both.predictions is not None
    assert rest.features is not None
    assert rest.features.numbers.tolist() == [[3], [5]]
    assert rest.predictions is None


def test_a_response_with_notes_of_its_own_and_of_its_request_is_read() -> None:
    response = json.dumps({"outputs": [tensor([2], data=[1, 2])]} | NOTED).encode()
    request = (
        v1([[1], [2]])[:-1]
        + b', "parameters": '
        + json.dumps({"sparkmon": json.dumps({"view": "v:1", "keys": {"a": [1, 2], "b": [3, 4]}})}).encode()
        + b"}"
    )
    [block] = decoded([event(response, "response", request_payload=request)]).blocks
    assert block.entities is not None
    assert block.entities.names == ("a", "b")
    assert block.row_flags is not None
    assert block.row_flags.names == ("cards.missing",)


@pytest.mark.slow
def test_many_layouts_share_few_blocks() -> None:
    names = [f"c{i}" for i in range(20)]
    random = np.random.default_rng(5)
    rows = []
    for i in range(3000):
        keys = random.permutation(names)[: random.integers(1, 20)]
        rows.append({str(k): random.choice([1.5, 2]) if i % 7 else f"t{i}" for k in keys})
    whole = decoded([event(v1([row])) for row in rows])
    assert len(whole.blocks) < 40
    want = {(i, 0): {n: cell(v) for n, v in row.items()} for i, row in enumerate(rows)}
    assert {key: row["features"] for key, row in by_row(whole.blocks).items()} == want
    assert [dict(row or ()) for row in whole.rows().column("features").to_pylist()] == [
        {n: dict(zip(("number", "text"), cell(v), strict=True)) for n, v in row.items()} for row in rows
    ]
    again = blocks_of_rows(whole.rows())
    assert len(again) < 40
    assert {key: row["features"] for key, row in by_row(again).items()} == want


def test_columns_that_somebody_invents_take_memory_in_proportion() -> None:
    events = [event(v1([{f"x{i}_{k}": k for k in range(20)}])) for i in range(2000)]
    blocks = decoded(events).blocks
    sizes = [block.features.numbers.size for block in blocks if block.features is not None]
    assert sum(sizes) <= 10 * 2000 * 20 + 4096 * len(sizes)
    assert len(blocks) < 400


def test_integers_that_a_double_cannot_hold_are_texts() -> None:
    [block] = decoded([event(v1([[1, 2**53 + 1], [True, -(2**53)], [None, 2**60]]))]).blocks
    assert block.features is not None
    assert [values(block.features, i) for i in range(3)] == [
        {"feature_0": (1.0, None), "feature_1": (None, "9007199254740993")},
        {"feature_0": (1.0, None), "feature_1": (-(2.0**53), None)},
        {"feature_0": (None, None), "feature_1": (2.0**60, None)},
    ]


def test_a_nan_that_was_sent_is_a_number_and_a_null_is_none() -> None:
    tail = np.array([np.nan, np.inf, 1.5]).tobytes()
    [block] = decoded([event(v2(tensor([1, 3], size=24), tail=tail))]).blocks
    assert block.features is not None
    assert block.features.has_number is None
    assert np.isnan(block.features.numbers[0, 0])
    assert block.features.numbers[0, 1:].tolist() == [np.inf, 1.5]
    [block] = decoded([event(v1([[None, 1.5]]))]).blocks
    assert block.features is not None
    assert block.features.has_number is not None
    assert block.features.has_number.tolist() == [[False, True]]


@pytest.mark.slow
def test_dead_letters_are_those_of_the_rows() -> None:
    whole = decoded(EVENTS)
    letters = whole.dead_letters()
    assert letters.schema.equals(DEAD_LETTERS)
    rows = whole.rows().to_pylist()
    assert letters.to_pylist() == [
        {name: row[name] for name in DEAD_LETTERS.names} for row in rows if row["kind"] == "dead_letter"
    ]
    assert decoded([event(GOOD)]).dead_letters().num_rows == 0
    assert whole.kinds.to_pylist() == [decode(one).kind for one in EVENTS]


def test_some_rows_of_a_block_are_a_block() -> None:
    [block] = decoded([event(v1([{"a": 1, "b": "x"}, {"a": None, "b": "y"}, {"a": 3, "b": 2}]))]).blocks
    some = block.take(np.array([2, 0]))
    assert some.features is not None
    assert [values(some.features, i) for i in range(2)] == [
        {"a": (3.0, None), "b": (2.0, None)},
        {"a": (1.0, None), "b": (None, "x")},
    ]
    assert some.instance.tolist() == [2, 0]


@pytest.mark.parametrize("model", ["iris", "other"])
def test_a_schema_types_columns_of_its_model_alone(model: str) -> None:
    schema = ModelSchema("iris", (Feature("age", "numeric"), Feature("country", "categorical")))
    [block] = decoded([event(v1([[2**60 + 1, 47], [1, True]]), model=model)], {"iris": schema}).blocks
    assert block.features is not None
    got = [values(block.features, i) for i in range(2)]
    if model == "iris":
        assert got == [
            {"age": (2.0**60, None), "country": (None, "47")},
            {"age": (1.0, None), "country": (None, "true")},
        ]
    else:
        assert got == [
            {"feature_0": (None, str(2**60 + 1)), "feature_1": (47.0, None)},
            {"feature_0": (1.0, None), "feature_1": (1.0, None)},
        ]


def test_no_rows_have_no_blocks() -> None:
    assert blocks_of_rows(decode_batch(events_to_batch([]))) == []
    assert blocks_of_rows(decode_batch(events_to_batch([event(b"oops")]))) == []
    assert decoded([event(b"oops")]).blocks == []
    assert pa.Table.from_batches([decoded([event(b"oops")]).rows()]).num_rows == 1

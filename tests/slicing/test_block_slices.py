"""Slices of blocks: each row in the right one, whatever its cells are, and only of models that have slices."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from sparkmon.panes import PaneBuilder
from sparkmon.protocol.row_block import Cells, RowBlock
from sparkmon.records import FeatureKind
from sparkmon.slicing import BlockSlices, Slice, Slices, parse_slices

KINDS: dict[str, FeatureKind] = {"distance": "numeric", "origin": "categorical"}
ROWS = 5
CELLS = Cells(
    ("distance", "origin"),
    np.array([[1500.0, np.nan], [np.nan, 7.0], [np.nan, np.nan], [np.nan, np.nan], [2.0, np.nan]]),
    np.array([[True, False], [True, True], [False, False], [False, False], [True, False]]),
    {0: pa.array([None, None, " 2e3 ", "far", None]), 1: pa.array(["JFK", None, "x" * 300, None, "EWR"])},
)


def own(expression: str, *values: str) -> Slice:
    (each,) = parse_slices([expression], KINDS)
    return replace(each, values=values)


def block(**changes: object) -> RowBlock:
    rows = np.arange(ROWS)
    made = RowBlock("flights", "2", "request", rows, rows, rows.astype(np.int32), features=CELLS)
    return replace(made, **changes)  # type: ignore[arg-type]


def values(slices: Slices, of: RowBlock) -> dict[str, list[str | None]]:
    return {key: array.cast(pa.string()).to_pylist() for key, array in BlockSlices(slices).of(of)}


def test_cells_are_read_by_the_type_of_their_feature() -> None:
    slices = Slices(
        {
            ("flights", ""): (
                own("distance > 1000", "false", "true"),
                own("origin", "JFK", "7", "x" * 256),
                own("distance", "2000", "NaN"),
            )
        }
    )
    assert values(slices, block()) == {
        "distance > 1000": ["true", "true", "true", None, "false"],  # NaN is above all numbers
        "origin": ["JFK", "7", "x" * 256, None, ":other"],
        "distance": [":other", "NaN", "2000", None, ":other"],
    }


def test_a_version_has_its_own_slices_or_those_of_all() -> None:
    slices = Slices({("flights", ""): (own("origin", "JFK"),), ("flights", "3"): ()})
    assert values(slices, block()).keys() == {"origin"}
    assert values(slices, block(model_version="3")) == {}
    assert values(slices, block(model="other")) == {}


def test_a_response_is_in_the_slices_of_its_request_if_it_came_with_it() -> None:
    slices = Slices({("flights", ""): (own("origin", "EWR"),)})
    response = block(event_type="response", predictions=CELLS)
    assert values(slices, response)["origin"] == [":other", ":other", ":other", None, "EWR"]
    assert values(slices, replace(response, features=None)) == {}


def test_a_feature_that_rows_lack_is_null_and_no_rows_have_no_values() -> None:
    slices = Slices({("flights", ""): (own("coalesce(origin, 'none')", "none"), own("distance"))})
    other = Cells(("age",), np.ones((ROWS, 1)))
    assert values(slices, block(features=other)) == {
        "coalesce(origin, 'none')": ["none"] * ROWS,
        "distance": [None] * ROWS,
    }
    nothing = block().take(np.empty(0, np.int64))
    assert values(slices, nothing) == {"coalesce(origin, 'none')": [], "distance": []}


def test_no_values_of_its_own_make_all_rows_one_slice() -> None:
    slices = Slices({("flights", ""): (own("distance > 1000"),)})
    assert values(slices, block())["distance > 1000"] == [*[":other"] * 3, None, ":other"]


def test_texts_of_any_bytes_are_texts() -> None:
    texts = pa.array([b"a\xff", b"\xed\xa0\x80", b"EWR", None, b""], pa.binary()).cast(pa.string(), safe=False)
    slices = Slices({("flights", ""): (own("length(origin)", "2", "3", "0"), own("origin", "a\ufffd"))})
    cells = Cells(("origin",), np.full((ROWS, 1), np.nan), np.zeros((ROWS, 1), np.bool_), {0: texts})
    assert values(slices, block(features=cells)) == {
        "length(origin)": ["2", "3", "3", None, "0"],
        "origin": ["a\ufffd", ":other", ":other", None, ":other"],
    }


def test_panes_of_slices_have_the_rows_of_each() -> None:
    slices = Slices({("flights", ""): (own("distance > 1000", "false", "true"), own("origin", "JFK"))})
    panes = PaneBuilder(60_000_000, slices=BlockSlices(slices))
    panes.add(block())
    rows = [row for row in panes.build().to_pylist() if row["column_name"] == "distance"]
    counts = {(row["slice_key"], row["slice_value"]): row["profile"]["count"] for row in rows}
    assert counts == {
        (None, None): 5,
        ("distance > 1000", "true"): 3,
        ("distance > 1000", "false"): 1,
        ("origin", "JFK"): 1,
        ("origin", ":other"): 3,
    }

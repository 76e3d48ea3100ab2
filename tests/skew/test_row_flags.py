"""What counts as skew, row by row, against cases worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.protocol import VALUES
from sparkmon.skew.row_flags import add_row_flags, entries_of, skew_flags
from sparkmon.store import FeatureView, GroupInView, Vectors

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
CARDS = GroupInView("cards_1", {"id": "card"}, {"amount": "amount", "kind": "kind"}, time="at")
BANKS = GroupInView("banks_1", {"id": "bank", "branch": "branch"}, {"rating": "rating"})
VIEW = FeatureView("fraud", 1, ("amount", "kind", "rating"), (CARDS, BANKS))


def cell(value: Any) -> dict[str, Any]:  # noqa: ANN401
    is_text = isinstance(value, str)
    return {"number": None if is_text else value, "text": value if is_text else None}


def maps(rows: list[dict[str, Any] | None]) -> pa.Array[Any]:
    pairs = [row and [(name, cell(value)) for name, value in row.items()] for row in rows]
    return pa.array(pairs, VALUES)


def test_each_combination_of_ids_is_looked_up_once() -> None:
    ids: list[dict[str, Any] | None] = [
        {"card": 7.0, "bank": "a", "branch": 1.0},
        {"card": 7.0, "bank": "a", "branch": 2.0},
        {"card": 7.0, "bank": "a", "branch": 1.0},
        {"card": "9007199254740993", "bank": "a"},
        None,
    ]
    entries, places = entries_of(VIEW, maps(ids))
    assert [entries[place] for place in places] == [
        {"card": 7, "bank": "a", "branch": 1},
        {"card": 7, "bank": "a", "branch": 2},
        {"card": 7, "bank": "a", "branch": 1},
        {"card": "9007199254740993", "bank": "a", "branch": None},
        {"card": None, "bank": None, "branch": None},
    ]
    assert len(entries) == 4


def skew_of(
    logged: dict[str, Any], stored: list[Any], time: datetime | None = NOON
) -> dict[str, float]:
    rows = pa.record_batch(
        {
            "event_time": pa.array([NOON + timedelta(seconds=1)], pa.timestamp("us", "UTC")),
            "features": maps([logged]),
        }
    )
    vectors = Vectors(("amount", "kind", "rating"), [[*stored, 5]], {}, {"cards_1": [time]})
    flags = skew_flags(VIEW, rows, np.array([0]), vectors)
    assert set(flags) == {"amount.skew", "kind.skew"}, "banks_1 has no time"
    return {name.partition(".")[0]: float(values[0]) for name, values in flags.items()}


@pytest.mark.parametrize(
    ("logged", "stored", "amount", "kind"),
    [
        ({"amount": 3.5, "kind": "x"}, [3.5, "x"], 0, 0),
        ({"amount": float(np.float32(0.1)), "kind": "x"}, [0.1, "x"], 0, 0),
        ({"amount": 3.6, "kind": "X"}, [3.5, "x"], 1, 1),
        ({"amount": None, "kind": None}, [None, None], 0, 0),
        ({"amount": None, "kind": "x"}, [3.5, None], 1, 1),
        ({"amount": 0.0, "kind": ""}, [None, None], 1, 1),
        ({"amount": "3.5", "kind": 1.0}, [3.5, "1"], 1, 1),
        ({"amount": 1.0, "kind": "x"}, [True, "x"], 0, 0),
    ],
)
def test_a_logged_value_is_compared_with_the_stored_one(
    logged: dict[str, Any], stored: list[Any], amount: int, kind: int
) -> None:
    assert skew_of(logged, stored) == {"amount": amount, "kind": kind}


def test_values_that_cannot_be_compared_are_not_flagged() -> None:
    same: dict[str, Any] = {"amount": 3.5, "kind": "x"}
    assert np.isnan(skew_of({"amount": 3.5}, [3.5, "x"])["kind"]), "never logged"
    for time in (None, NOON + timedelta(seconds=2)):
        assert np.isnan(list(skew_of(same, [9.0, "y"], time).values())).all(), f"row of {time}"
    assert skew_of(same, [9.0, "y"], NOON + timedelta(seconds=1)) == {"amount": 1, "kind": 1}


def test_flags_are_added_to_their_rows() -> None:
    flags = {"a.skew": np.array([1.0, np.nan]), "b.skew": np.array([0.0, 1.0])}
    notes = maps([{"g.age_s": 2.5}, {"g.missing": 0.0, "g.age_s": None}, None, None, {}])
    assert add_row_flags(notes, np.array([1, 3]), flags).to_pylist() == [
        [("g.age_s", cell(2.5))],
        [
            *(("g.missing", cell(0.0)), ("g.age_s", cell(None))),
            *(("a.skew", cell(1.0)), ("b.skew", cell(0.0))),
        ],
        None,
        [("a.skew", cell(None)), ("b.skew", cell(1.0))],
        [],
    ]

"""What counts as skew, row by row, against cases worked out by hand."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparkmon.protocol import Cells, RowBlock
from sparkmon.protocol.cells import cells_of
from sparkmon.skew import SkewDetector
from sparkmon.skew.skew_detector import add_row_flags, entries_of, skew_flags
from sparkmon.store import FeatureView, GroupInView, LocalStore, Vectors

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
CARDS = GroupInView("cards_1", {"id": "card"}, {"amount": "amount", "kind": "kind"}, time="at")
BANKS = GroupInView("banks_1", {"id": "bank", "branch": "branch"}, {"rating": "rating"})
VIEW = FeatureView("fraud", 1, ("amount", "kind", "rating"), (CARDS, BANKS))


def rows_of(rows: list[dict[str, Any]]) -> RowBlock:
    """Make a block of requests of these features, made a second after noon."""
    size = len(rows)
    start = int((NOON + timedelta(seconds=1)).timestamp() * 1e6)
    event, times = np.arange(size), np.full(size, start)
    features = cells(rows)
    return RowBlock("fraud", "", "request", event, times, np.zeros(size, np.int32), features)


def cells(rows: list[dict[str, Any]]) -> Cells:
    names = tuple(rows[0])
    return cells_of(names, [row[name] for row in rows for name in names], len(rows))


def test_each_combination_of_ids_is_looked_up_once() -> None:
    ids: list[dict[str, Any]] = [
        {"card": 7.0, "bank": "a", "branch": 1.0},
        {"card": 7.0, "bank": "a", "branch": 2.0},
        {"card": 7.0, "bank": "a", "branch": 1.0},
        {"card": "9007199254740993", "bank": "a", "branch": None},
        {"card": None, "bank": None, "branch": None},
    ]
    entries, places = entries_of(VIEW, cells(ids))
    assert [entries[place] for place in places] == [
        {"card": 7, "bank": "a", "branch": 1},
        {"card": 7, "bank": "a", "branch": 2},
        {"card": 7, "bank": "a", "branch": 1},
        {"card": "9007199254740993", "bank": "a", "branch": None},
        {"card": None, "bank": None, "branch": None},
    ]
    assert len(entries) == 4


def test_an_id_that_rows_lack_is_none() -> None:
    present = np.array([[True, False], [True, True]])
    loose = Cells(("card", "bank"), np.array([[7.0, np.nan], [7.0, 1.0]]), present, {}, present)
    entries, places = entries_of(VIEW, loose)
    assert [entries[place] for place in places] == [
        {"card": 7, "bank": None, "branch": None},
        {"card": 7, "bank": 1, "branch": None},
    ]


def skew_of(logged: dict[str, Any], stored: list[Any], time: datetime | None = NOON) -> dict[str, float]:
    vectors = Vectors(("amount", "kind", "rating"), [[*stored, 5]], {}, {"cards_1": [time]})
    flags = skew_flags(VIEW, rows_of([logged]), np.array([0]), vectors)
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
        ({"amount": "3.51", "kind": 1.0}, [3.5, "1"], 1, 1),
        ({"amount": 1.0, "kind": "x"}, [True, "x"], 0, 0),
    ],
)
def test_a_logged_value_is_compared_with_the_stored_one(
    logged: dict[str, Any], stored: list[Any], amount: int, kind: int
) -> None:
    assert skew_of(logged, stored) == {"amount": amount, "kind": kind}


AT = datetime(2026, 1, 5, 13, tzinfo=timezone.utc)
DAY_S = 1_767_571_200


@pytest.mark.parametrize(
    ("stored", "logged", "changed"),
    [
        (3, ["3", 3.0], "4"),
        (10**7, ["10000000", 1e7], "1.0E7 "),
        (Decimal("3.50"), ["3.5", "3.50", 3.5], "3.6"),
        (2**53 + 1, ["9007199254740993", 2**53 + 1], "9007199254740992"),
        (True, ["true", "True", "1", True, 1.0], "false"),
        (0, ["false", "0", False, 0.0], "true"),
        (0.0, ["false", "0", False, 0.0], 1.0),
        (date(2026, 1, 5), ["2026-01-05", DAY_S, DAY_S * 1000, DAY_S * 10**6], "2026-01-06"),
        (AT, ["2026-01-05T13:00:00Z", "2026-01-05T14:00:00+01:00", AT.timestamp()], DAY_S),
        (AT.replace(tzinfo=None), ["2026-01-05 13:00:00"], "soon"),
        ("007", ["007"], "7"),
        (None, [None], "None"),
    ],
)
def test_the_same_value_is_no_skew_whatever_its_type(
    stored: Any,  # noqa: ANN401
    logged: list[Any],
    changed: Any,  # noqa: ANN401
) -> None:
    flags = [skew_of({"amount": 1.0, "kind": value}, [1.0, stored])["kind"] for value in logged]
    assert flags == [0] * len(logged)
    assert skew_of({"amount": 1.0, "kind": changed}, [1.0, stored])["kind"] == 1
    assert skew_of({"amount": 1.0, "kind": None if stored else "x"}, [1.0, stored])["kind"] == 1


def test_values_that_cannot_be_compared_are_not_flagged() -> None:
    same: dict[str, Any] = {"amount": 3.5, "kind": "x"}
    assert np.isnan(skew_of({"amount": 3.5}, [3.5, "x"])["kind"]), "never logged"
    for time in (None, NOON + timedelta(seconds=2)):
        assert np.isnan(list(skew_of(same, [9.0, "y"], time).values())).all(), f"row of {time}"
    assert skew_of(same, [9.0, "y"], NOON + timedelta(seconds=1)) == {"amount": 1, "kind": 1}


def test_a_feature_that_one_row_lacks_is_not_compared_there() -> None:
    present = np.array([[True], [False]])
    loose = Cells(("amount",), np.array([[3.5], [np.nan]]), present, {}, present)
    block = replace(rows_of([{"amount": 0}, {"amount": 0}]), features=loose)
    vectors = Vectors(("amount", "kind", "rating"), [[9.0, "x", 5]], {}, {"cards_1": [NOON]})
    flags = skew_flags(VIEW, block, np.array([0, 0]), vectors)
    np.testing.assert_array_equal(flags["amount.skew"], [1, np.nan])


def test_flags_are_added_to_their_rows() -> None:
    flags = {"a.skew": np.array([1.0, np.nan]), "b.skew": np.array([0.0, 1.0])}
    block = rows_of([{"x": 1}, {"x": 2}])
    block = replace(block, row_flags=cells([{"g.missing": 0.0, "g.age_s": None}, {"g.missing": 1, "g.age_s": 2.5}]))
    added = add_row_flags(block, flags).row_flags
    assert added is not None
    assert added.names == ("g.missing", "g.age_s", "a.skew", "b.skew")
    np.testing.assert_array_equal(added.numbers, [[0, np.nan, 1, 0], [1, 2.5, np.nan, 1]])
    assert added.is_number().tolist() == [[True, False, True, True], [True, True, False, True]]


def test_the_detector_flags_requests_of_its_models_that_have_entities(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    row: dict[str, Any] = {"id": 7, "amount": 3.5, "kind": "x", "at": NOON}
    store.write_rows("cards_1", ["id"], [row, row | {"id": 8, "kind": "y"}])
    block = rows_of([{"amount": 3.5, "kind": "x"}] * 3)
    block = replace(block, entities=cells([{"card": 7}, {"card": 8}, {"card": 9}]))
    view = FeatureView("fraud", 1, ("amount", "kind"), (CARDS,))
    others = [replace(block, model="other"), replace(block, event_type="response"), replace(block, entities=None)]
    with SkewDetector(store, {"fraud": view}).open() as detect:
        first, *rest, last = detect([block, *others, block])
    assert rest == others
    for flagged in (first, last):
        assert flagged.row_flags is not None
        assert flagged.row_flags.names == ("amount.skew", "kind.skew")
        np.testing.assert_array_equal(flagged.row_flags.numbers, [[0, 0], [0, 1], [np.nan, np.nan]])
        assert flagged.row_flags.is_number().tolist() == [[True, True], [True, True], [False, False]]

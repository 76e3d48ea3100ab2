"""Order, precedence and what is missing, without any database."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from sparkmon.errors import OptionError, StoreError
from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.online import assemble_vector

CARDS = GroupInView("cards", {"id": "card"}, {"mean": "mean", "count": "n"}, time="at")
SHOPS = GroupInView("shops", {"id": "shop"}, {"risk": "risk"})
VIEW = FeatureView("fraud", 1, ("n", "amount", "risk", "mean"), (CARDS, SHOPS))
NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def test_parameters_go_before_what_is_passed_and_that_before_the_store() -> None:
    rows: dict[str, Any] = {"cards": [{"mean": 1.0, "count": 2, "at": NOON}, None], "shops": [None, {"risk": 0.5}]}
    passed_features: list[Any] = [{"n": 20, "mean": 10.0, "unknown": 1}, {"amount": 7.0, "risk": None}]
    made = assemble_vector(VIEW, rows, [{}, {}], passed_features, {"mean": 100.0})
    assert made.features == ("n", "amount", "risk", "mean")
    assert made.values == [[20, None, None, 100.0], [None, 7.0, None, 100.0]]
    assert made.missing == {"cards": [1], "shops": [0]}
    assert made.times == {"cards": [NOON, None]}


def test_no_entries_make_no_vectors() -> None:
    made = assemble_vector(VIEW, {"cards": [], "shops": []}, [], [], {"amount": 1.0})
    assert (made.values, made.missing, made.times) == ([], {}, {"cards": []})


def test_passed_features_of_another_length_are_refused() -> None:
    with pytest.raises(OptionError, match="got passed_features='1 entries'; expected one for each of the 2"):
        assemble_vector(VIEW, {"cards": [None] * 2, "shops": [None] * 2}, [{}, {}], [{}])


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (datetime(2026, 11, 23, 12), NOON),
        (NOON.astimezone(timezone(timedelta(hours=5))), NOON),
        (date(2026, 11, 23), NOON - timedelta(hours=12)),
        (1795435200, NOON),
        (1795435200123, NOON + timedelta(milliseconds=123)),
        (None, None),
    ],
)
def test_a_rows_time_is_in_utc(held: Any, expected: datetime | None) -> None:  # noqa: ANN401
    rows: dict[str, Any] = {"cards": [{"mean": 1.0, "count": 1, "at": held}], "shops": [None]}
    assert assemble_vector(VIEW, rows, [{}]).times == {"cards": [expected]}


@pytest.mark.parametrize("held", ["noon", 10**30])
def test_what_is_no_time_is_a_store_error(held: Any) -> None:  # noqa: ANN401
    rows: dict[str, Any] = {"cards": [{"mean": 1.0, "count": 1, "at": held}], "shops": [None]}
    with pytest.raises(StoreError, match="as the time of a row of 'cards'"):
        assemble_vector(VIEW, rows, [{}])


VALUES = st.none() | st.integers() | st.text(max_size=3)
NAMED = st.dictionaries(st.sampled_from(["n", "amount", "risk", "mean", "other"]), VALUES)
ENTRY = st.tuples(
    st.none() | st.fixed_dictionaries({"mean": VALUES, "count": VALUES, "at": st.none()}),
    st.none() | st.fixed_dictionaries({"risk": VALUES}),
    NAMED,
)


@given(st.lists(ENTRY, max_size=5), NAMED, st.permutations(VIEW.features))
def test_vectors_are_what_merged_dicts_give(entries: list[Any], parameters: dict[str, Any], order: list[str]) -> None:
    view = FeatureView("fraud", 1, tuple(order), (CARDS, SHOPS))
    rows = {"cards": [card for card, _, _ in entries], "shops": [shop for _, shop, _ in entries]}
    passed_features = [said for _, _, said in entries]
    made = assemble_vector(view, rows, [{}] * len(entries), passed_features, parameters)
    for index, (card, shop, said) in enumerate(entries):
        stored = {"mean": card["mean"], "n": card["count"]} if card else {}
        merged = {**stored, **(shop or {}), **said, **parameters}
        assert made.values[index] == [merged.get(name) for name in order]
        assert (index in made.missing.get("cards", ())) == (card is None)
        assert (index in made.missing.get("shops", ())) == (shop is None)

import math
import pickle

import pytest
from hypothesis import given, strategies as st

from sparkmon.distributions import Categories, align
from sparkmon.errors import ProfileError

LEVELS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 90).map(float))
SIDES = st.tuples(LEVELS, st.integers(0, 9), st.integers(0, 40)).map(
    lambda side: Categories(side[0], side[1], sum(side[0].values()) + side[2])
)
REFERENCE = Categories({"red": 700, "blue": 290, "teal": 10}, null_count=5, n=1_000)


def counts(reference: Categories, current: Categories) -> dict[str, float]:
    labels, _, found = align(reference, current)
    return dict(zip(labels, found.tolist(), strict=True))


@given(SIDES, SIDES)
def test_no_row_is_dropped(reference: Categories, current: Categories) -> None:
    labels, expected, found = align(reference, current)
    assert len(labels) == expected.size == found.size
    assert (expected.sum(), found.sum()) == (reference.rows, current.rows)
    assert expected[-2] == 0, "the reference has seen its own levels"


def test_vocabulary_is_levels_with_enough_rows() -> None:
    large = Categories({"a": 50_000, "b": 100, "c": 99, "d": 49_801}, null_count=0, n=100_000)
    assert align(large, large)[0][:-3] == ("a", "d", "b")
    assert align(large, large)[1].tolist() == [50_000, 49_801, 100, 99, 0, 0]
    small = Categories({"a": 20, "b": 19}, null_count=0, n=39)
    assert align(small, small)[0][:-3] == ("a",)


def test_levels_find_their_bins() -> None:
    current = Categories({"blue": 4, "teal": 3, "pink": 2}, null_count=1, n=9)
    assert counts(REFERENCE, current) == {"red": 0, "blue": 4, "__other__": 3, "__unseen__": 2, "__null__": 1}


def test_untracked_rows_are_unseen_where_the_reference_tracks_all() -> None:
    found = counts(REFERENCE, Categories({"red": 4}, null_count=0, n=10))
    assert (found["__other__"], found["__unseen__"]) == (0, 6)


@pytest.mark.parametrize("words", [("false", "true"), ("0", "1")])
@pytest.mark.parametrize("others", [("false", "true"), ("0", "1")])
def test_truth_values_are_0_and_1(words: tuple[str, str], others: tuple[str, str]) -> None:
    reference = Categories(dict(zip(words, (60.0, 40.0), strict=True)), 0, 100)
    current = Categories(dict(zip(others, (6.0, 4.0), strict=True)) | {"2": 1.0}, 0, 11)
    labels, _, found = align(reference, current)
    assert (labels[:2], found.tolist()) == (words, [6, 4, 0, 1, 0])


def test_levels_are_rare_where_hardly_a_row_is_of_a_common_one() -> None:
    ids = {f"m{place}": 4.0 for place in range(1_000)}
    assert Categories(ids, null_count=0, n=20_000).is_rare
    assert Categories({"shop": 1_999.0} | ids, null_count=0, n=20_000).is_rare
    assert not Categories({"shop": 2_000.0} | ids, null_count=0, n=20_000).is_rare
    assert not Categories(ids, null_count=0, n=4_000).is_rare, "strange levels show"
    assert not Categories({}, null_count=10, n=0).is_rare


def test_unknown_levels_are_other_where_the_reference_tracks_some() -> None:
    partial = Categories({"red": 700}, null_count=0, n=1_000)
    found = counts(partial, Categories({"red": 4, "pink": 5}, null_count=0, n=10))
    assert (found["__other__"], found["__unseen__"]) == (6, 0)
    assert align(partial, partial)[1].tolist() == [700, 300, 0, 0]


def test_a_level_may_bear_a_reserved_name() -> None:
    reference = Categories({"__null__": 50, "__unseen__": 50}, null_count=7, n=100)
    assert align(reference, reference)[1].tolist() == [50, 50, 0, 0, 7]


@pytest.mark.parametrize(
    ("levels", "null_count", "n"),
    [({"a": -1}, 0, 1), ({"a": math.nan}, 0, 1), ({"a": 2}, 0, 1), ({}, -1, 1), ({}, 0, math.inf)],
)
def test_contradictory_counts_are_refused(levels: dict[str, float], null_count: float, n: float) -> None:
    with pytest.raises(ProfileError):
        Categories(levels, null_count, n)


def test_counts_cannot_be_written_and_travel_between_processes() -> None:
    assert pickle.loads(pickle.dumps(REFERENCE)) == REFERENCE
    with pytest.raises(TypeError):
        REFERENCE.counts["red"] = 0  # type: ignore[index]

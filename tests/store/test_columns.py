"""What the columns of a database hold, by the names of their types, and which ids stand for a value of them."""

import pytest

from sparkmon.store.sql.columns import INTEGER, TEXT, kind_of


@pytest.mark.parametrize(
    ("declared", "words"),
    [("bigint(20) unsigned", "an integer"), ("VARCHAR(100)", "text"), ("geometry", "something else")],
)
def test_a_declared_type_says_what_a_column_holds(declared: str, words: str) -> None:
    assert kind_of(declared).words == words


def test_an_id_is_the_one_value_of_its_column_that_it_stands_for() -> None:
    assert (INTEGER.as_id("7"), INTEGER.as_id(7.0), TEXT.as_id(7)) == (7, 7, "7")
    strangers = ("7abc", "07", 7.5, float("nan"), True, 2**70)
    assert [INTEGER.as_id(value) for value in strangers] == [None] * len(strangers)

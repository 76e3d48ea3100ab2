import pytest
from scipy import stats

from sparkmon.distributions import Categories
from sparkmon.statistics import STATISTICS, unseen_rate

UNSEEN = STATISTICS.get("unseen_rate")


def test_levels_that_are_gone_are_no_news() -> None:
    reference = Categories({"a": 500, "b": 500}, null_count=0, n=1_000)
    measured = UNSEEN.measure(reference, Categories({"a": 900}, null_count=0, n=900))
    assert (measured.value, measured.p_value) == (0, 1)


def test_without_single_levels_it_is_near_the_binomial_distribution() -> None:
    reference = Categories({"a": 10**6}, null_count=0, n=10**6)
    measured = UNSEEN.measure(reference, Categories({"a": 98, "b": 2}, null_count=0, n=100))
    # The chance of each row is itself spread as an exponential variable: twice the binomial tail.
    assert measured.p_value == pytest.approx(2 * stats.binom.sf(1, 100, 1e-6), rel=0.02)
    assert measured.least_rows == 1


def test_a_column_of_many_levels_has_its_expected_share() -> None:
    counts = {f"often {at}": 10 for at in range(80)} | {f"once {at}": 1 for at in range(200)}
    measured = UNSEEN.measure(Categories(counts, 0, 1_000), Categories({"new": 5, "once 1": 15}, 0, 20))
    assert measured.noise == pytest.approx(201 / 1_001)
    assert measured.p_value is not None
    assert measured.p_value > 0.2
    assert measured.least_rows is None


def test_what_the_reference_may_have_had_is_not_unseen() -> None:
    tracked = Categories({"a": 900}, null_count=0, n=1_000)
    assert unseen_rate(tracked, Categories({"b": 10}, null_count=0, n=10)) == 0


def test_a_level_named_as_a_label_is_a_level() -> None:
    reference = Categories({"__unseen__": 50, "__null__": 50}, null_count=0, n=100)
    current = Categories({"__unseen__": 3, "new": 1}, null_count=4, n=4)
    assert unseen_rate(reference, current) == 0.25

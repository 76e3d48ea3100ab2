import pytest
from scipy import stats

from sparkmon.distributions import Categories, Distribution, summary_of
from sparkmon.statistics import STATISTICS, inf_rate, nan_rate, null_rate, type_rate

NULL_RATE = STATISTICS.get("null_rate")


def column(present: int, nulls: int) -> Categories:
    return Categories({"a": present}, null_count=nulls, n=present)


def test_a_fall_is_news_as_a_rise_is() -> None:
    rise, fall = (
        NULL_RATE.measure(column(900, 100), column(800, 200)),
        NULL_RATE.measure(column(800, 200), column(900, 100)),
    )
    assert rise.value == fall.value == pytest.approx(0.1)
    assert rise.p_value == pytest.approx(fall.p_value)


def test_the_p_value_is_near_the_two_proportion_tests() -> None:
    expected = stats.chi2_contingency([[900, 100], [860, 140]], correction=False).pvalue
    found = NULL_RATE.measure(column(900, 100), column(860, 140)).p_value
    assert found == pytest.approx(expected, rel=0.02)


def test_one_null_of_few_rows_is_no_evidence_yet() -> None:
    measured = NULL_RATE.measure(column(5_000, 0), column(21, 1))
    # The chance that the one null of 5,022 rows is among the 22.
    assert measured.p_value == pytest.approx(22 / 5_022, rel=1e-9)
    assert measured.least_rows == 50


def test_nan_infinities_and_texts_are_no_nulls() -> None:
    whole = {"count": 10, "num_numbers": 10, "num_texts": 0, "num_nan": 0}
    holes = {"count": 10, "num_nulls": 1, "num_nan": 2, "num_inf": 1, "num_numbers": 4}
    # An empty sketch of doubles, and the one of the single number 7.
    seven = bytes.fromhex("02020f04c80008000000000000001c40")
    reference = summary_of(whole | {"num_numbers": 1, "count": 1, "sketch": seven}, "numeric")
    current = summary_of(holes | {"num_numbers": 1, "num_texts": 5, "sketch": seven}, "numeric")
    assert isinstance(reference, Distribution)
    assert isinstance(current, Distribution)
    assert null_rate(reference, current) == pytest.approx(0.1)
    assert inf_rate(reference, current) == pytest.approx(0.1)
    assert nan_rate(reference, current) == pytest.approx(0.2)
    assert type_rate(reference, current) == pytest.approx(0.5)

"""Two counts of hits against scipy's hypergeometric and beta-binomial distributions."""

import pytest
from scipy import stats

from sparkmon.statistics.laws.two_proportions import excess_sf, least_rows_of_rate, two_proportions_p_value

COUNTS = [
    (0, 1, 1, 1),
    (0, 100, 3, 50),
    (10, 1_000, 30, 1_000),
    (40, 50, 3, 50),
    (1, 5_000, 60, 300),
    (6_020, 20_000, 3_150, 10_000),
    (3, 10**6, 0, 1_000),
]


@pytest.mark.parametrize(("k", "m", "x", "n"), COUNTS)
def test_the_tail_is_scipys(k: int, m: int, x: int, n: int) -> None:
    expected = stats.hypergeom.sf(x - 1, m + n, k + x, n)
    assert excess_sf(k, m, x, n) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("k", "m", "x", "n"), [(1, 40, 3, 10), (0, 99, 1, 50), (7, 300, 20, 200)])
def test_the_tail_is_that_of_rows_beyond_order_statistics(k: int, m: int, x: int, n: int) -> None:
    expected = stats.betabinom.sf(x - 1, n, k + 1, m - k)
    assert excess_sf(k, m, x, n) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("k", "m", "x", "n"), COUNTS)
def test_the_p_value_is_twice_the_lesser_half_counted_tail(k: int, m: int, x: int, n: int) -> None:
    exact = stats.hypergeom(m + n, k + x, n)
    half = exact.pmf(x) / 2
    expected = min(1.0, 2 * min(exact.cdf(x) - half, exact.sf(x) + half))
    assert two_proportions_p_value(k, m, x, n) == pytest.approx(expected, rel=1e-7)


def test_many_hits_are_judged_by_the_two_proportion_test() -> None:
    k, m, x, n = 300_000, 1_000_000, 301_500, 1_000_000
    table = [[k, m - k], [x, n - x]]
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert two_proportions_p_value(k, m, x, n) == pytest.approx(expected, rel=1e-3)
    assert two_proportions_p_value(0, 10**9, 10**8, 10**9) == 0


def test_just_below_the_change_of_distribution_both_agree() -> None:
    k, m, x, n = 50_000, 180_000, 11_900, 40_000
    z = stats.chi2_contingency([[k, m - k], [x, n - x]], correction=False).pvalue
    assert two_proportions_p_value(k, m, x, n) == pytest.approx(z, rel=0.05)


def test_the_ends_are_exact() -> None:
    assert two_proportions_p_value(3, 30, 30, 300) == 1
    assert two_proportions_p_value(0, 5, 0, 9) == two_proportions_p_value(5, 5, 9, 9) == 1
    assert excess_sf(5, 10, 0, 100) == 1
    assert excess_sf(0, 10**9, 10**6, 10**6) == 0


@pytest.mark.parametrize("hits", [0, 1, 12, 50])
def test_least_rows_keep_the_threshold_above_the_noise(hits: int) -> None:
    reference_rows, threshold = 4_000, 0.01
    least = least_rows_of_rate(hits, reference_rows, threshold)
    assert least is not None

    def chance(rows: int) -> float:
        over = int((hits / reference_rows + threshold) * rows + 1e-9) + 1
        return float(stats.betabinom.sf(over - 1, rows, hits + 1, reference_rows - hits))

    assert max(chance(rows) for rows in range(least, 3 * least, 7)) <= 0.001
    if least > 1:
        assert max(chance(rows) for rows in range(max(1, least - 120), least)) > 0.001


def test_least_rows_at_the_ends() -> None:
    assert least_rows_of_rate(0, 50, 0.01) is None
    assert least_rows_of_rate(200, 4_000, 0.01) is None
    assert least_rows_of_rate(0, 5_000, 0.0) is None
    assert least_rows_of_rate(3, 10, 0.7) == least_rows_of_rate(3, 10, float("inf")) == 1

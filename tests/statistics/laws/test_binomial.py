"""The binomial distribution against scipy's."""

import pytest
from scipy import stats

from sparkmon.statistics.laws.binomial import binomial_sf, share_lower_bound

COUNTS = [(1, 1), (1, 2), (2, 2), (5, 100), (90, 100), (300, 20_000), (10_300, 1_000_000)]


@pytest.mark.parametrize("share", [1e-6, 0.01, 0.3, 0.97])
@pytest.mark.parametrize(("count", "rows"), COUNTS)
def test_the_tail_is_scipys(count: int, rows: int, share: float) -> None:
    expected = stats.binom.sf(count - 1, rows, share)
    assert binomial_sf(count, rows, share) == pytest.approx(expected, rel=1e-8, abs=1e-200)


def test_the_ends_are_exact() -> None:
    assert (binomial_sf(0, 5, 0.1), binomial_sf(3, 5, 0.0), binomial_sf(5, 5, 1.0)) == (1, 0, 1)


@pytest.mark.parametrize(("count", "rows"), COUNTS)
@pytest.mark.parametrize("confidence", [0.9, 0.999])
def test_the_lower_bound_is_clopper_and_pearsons(count: int, rows: int, confidence: float) -> None:
    expected = stats.binomtest(count, rows, alternative="greater").proportion_ci(confidence).low
    assert share_lower_bound(count, rows, confidence) == pytest.approx(expected, rel=1e-8)

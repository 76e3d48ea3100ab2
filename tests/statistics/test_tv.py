import math

import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Categories, Distribution
from sparkmon.statistics import STATISTICS

TV = STATISTICS.get("tv")
DECILES = Distribution.from_sample(np.arange(100_000.0))


def test_two_bins_have_the_two_proportion_test() -> None:
    reference = Categories({"a": 5_000, "b": 5_000}, null_count=0, n=10_000)
    current = Categories({"a": 540, "b": 460}, null_count=0, n=1_000)
    expected = stats.chi2_contingency([[5_000, 5_000], [540, 460]], correction=False).pvalue
    measured = TV.measure(reference, current)
    assert measured.value == pytest.approx(0.04)
    assert measured.p_value == pytest.approx(expected, rel=1e-6)
    pooled = 5_540 / 11_000
    deviation = math.sqrt(pooled * (1 - pooled) * (1e-4 + 1e-3))
    assert measured.noise == pytest.approx(math.sqrt(2 / math.pi) * deviation)


def test_noise_of_ten_equal_bins() -> None:
    # Half of ten bins' mean sizes sqrt(2 / pi) * sqrt(0.09 c), c = 2 / 1000.
    current = Distribution.from_sample(np.arange(0, 100_000.0, 100))
    few = Distribution.from_sample(np.arange(0, 1_000.0))
    assert TV.measure(few, few).noise == pytest.approx(0.0535, abs=5e-5)
    assert TV.measure(DECILES, current).value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("bins", [2, 3, 10, 40])
def test_tail_is_that_of_multinomial_draws(bins: int) -> None:
    rng = np.random.default_rng(bins)
    shares = np.full(bins, 1 / bins)
    draws = rng.multinomial(10_000, shares, 40_000) / 10_000
    distances = np.abs(draws - shares).sum(axis=1) / 2
    names = [f"l{at}" for at in range(bins)]
    reference = Categories(dict.fromkeys(names, 1e9), null_count=0, n=bins * 1e9)
    for share in (0.05, 0.01):
        point = float(np.quantile(distances, 1 - share))
        half, rest = bins // 2, bins - bins // 2
        counts = [1 / bins + point / half] * half + [1 / bins - point / rest] * rest
        current = Categories({name: 10_000 * count for name, count in zip(names, counts, strict=True)}, 0, 10_000)
        measured = TV.measure(reference, current)
        assert measured.value == pytest.approx(point)
        assert measured.p_value == pytest.approx(share, rel=0.2)


def test_a_constant_column_has_no_noise() -> None:
    constant = Categories({"a": 100}, null_count=0, n=100)
    measured = TV.measure(constant, constant)
    assert (measured.value, measured.noise, measured.p_value) == (0, 0, 1)
    assert measured.least_rows == 1


@pytest.mark.parametrize("name", ["tv", "linf"])
def test_a_reference_of_one_value_has_no_noise(name: str) -> None:
    constant, other = Distribution.from_sample([2.0] * 50), Distribution.from_sample([2.0, 3.0])
    measured = STATISTICS.get(name).measure(constant, other)
    assert (measured.value, measured.least_rows) == (0.5, 1)

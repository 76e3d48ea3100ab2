import math

import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Categories, Distribution
from sparkmon.errors import OptionError
from sparkmon.statistics import STATISTICS, psi
from sparkmon.statistics.binned import chi2_null_distribution, distance_of

PSI = STATISTICS.get("psi")
DECILES = Distribution.from_sample(np.arange(100_000.0))


def test_least_rows_are_those_of_the_chi_square_distribution() -> None:
    assert stats.chi2.ppf(0.999, 9) / 0.1 == pytest.approx(278.8, abs=0.05)
    endless = Distribution(np.arange(1e5), np.full(100_000, 1e9), 0, 1e14)
    assert PSI.measure(endless, endless, 0.1).least_rows == 279
    assert PSI.measure(endless, endless, 0.2).least_rows == 139
    few = Distribution.from_sample(np.arange(139.0))
    assert PSI.measure(few, few).least_rows is None


def test_noise_counts_only_bins_with_rows() -> None:
    measured = PSI.measure(DECILES, Distribution.from_sample(np.arange(0, 100_000.0, 100)))
    assert measured.bins == 10
    assert measured.noise == pytest.approx(9 * (1e-5 + 1e-3))


def test_p_value_is_the_chi_square_of_what_exceeds_noise() -> None:
    reference = Categories({"a": 5_000, "b": 5_000}, null_count=0, n=10_000)
    current = Categories({"a": 540, "b": 460}, null_count=0, n=1_000)
    table = [[5_000, 5_000], [540, 460]]
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert PSI.measure(reference, current).p_value == pytest.approx(expected, rel=1e-9)


def test_floor_bounds_an_empty_bin() -> None:
    current = Distribution.from_sample([-1.0])
    assert psi(DECILES, current) == pytest.approx(0.9 * math.log(10) + 9 * (0.1 - 1e-4) * math.log(0.1 / 1e-4))
    assert psi(DECILES, current, floor=0.01) == pytest.approx(0.9 * math.log(10) + 9 * (0.1 - 0.01) * math.log(10))
    with pytest.raises(OptionError, match="floor=0"):
        psi(DECILES, current, floor=0)


def test_bins_may_be_chosen() -> None:
    half = Distribution.from_sample(np.arange(50_000.0))
    assert psi(DECILES, half, bins=2) == pytest.approx(0.5 * math.log(2) + 0.4999 * math.log(5_000))


def test_a_column_of_nulls_can_be_compared() -> None:
    nothing = Distribution.from_sample([None] * 50)
    assert psi(nothing, nothing) == 0
    assert psi(nothing, DECILES) > 18
    assert psi(DECILES, nothing) > 10


def test_a_squared_distance_has_the_same_evidence() -> None:
    reference = Categories({"a": 5_000, "b": 5_000}, null_count=0, n=10_000)
    current = Categories({"a": 540, "b": 460}, null_count=0, n=1_000)

    def hellinger(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
        apart = np.sum((np.sqrt(expected) - np.sqrt(found)) ** 2, axis=-1)
        return np.asarray(np.sqrt(apart / 2))

    value = distance_of(hellinger, reference, current)
    null_distribution = chi2_null_distribution(hellinger, scale=8, power=2)
    measured = null_distribution(reference, current, value, 0.1)
    usual = PSI.measure(reference, current, 8 * 0.1**2)
    assert measured.p_value == pytest.approx(usual.p_value, rel=0.01)
    assert measured.noise**2 * 8 == pytest.approx(usual.noise)
    assert measured.least_rows == usual.least_rows

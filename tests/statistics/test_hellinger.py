import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Categories, Distribution
from sparkmon.statistics import STATISTICS, hellinger

HELLINGER = STATISTICS.get("hellinger")
ENDLESS = Distribution(np.arange(1e5), np.full(100_000, 1e9), 0, 1e14)


def test_least_rows_are_those_of_the_chi_square_distribution() -> None:
    assert HELLINGER.measure(ENDLESS, ENDLESS).least_rows == round(stats.chi2.ppf(0.999, 9) / (8 * 0.01))


def test_the_p_value_is_that_of_eight_squares_or_of_pearson() -> None:
    reference = Categories({"a": 5_000, "b": 5_000}, null_count=0, n=10_000)
    current = Categories({"a": 540, "b": 460}, null_count=0, n=1_000)
    measured = HELLINGER.measure(reference, current)
    squares = 8 * measured.value**2 / (1e-4 + 1e-3)
    pearson = stats.chi2_contingency([[5_000, 5_000], [540, 460]], correction=False).statistic
    assert measured.p_value == pytest.approx(stats.chi2.sf(min(squares, pearson), 1), rel=1e-9)


def test_a_normal_shift_by_three_tenths_is_a_tenth() -> None:
    points = stats.norm.ppf((np.arange(50_000) + 0.5) / 50_000)
    sides = Distribution.from_sample(points), Distribution.from_sample(points + 0.29)
    assert hellinger(*sides) == pytest.approx(0.1, abs=0.003)

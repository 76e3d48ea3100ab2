import math

import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Categories, Distribution
from sparkmon.statistics import STATISTICS, kl

KL = STATISTICS.get("kl")
FAIR = Categories({"a": 500, "b": 500}, null_count=0, n=1_000)
BENT = Categories({"a": 900, "b": 100}, null_count=0, n=1_000)


def test_the_sides_may_not_be_exchanged() -> None:
    assert kl(FAIR, BENT) == pytest.approx(stats.entropy([0.9, 0.1], [0.5, 0.5]))
    assert kl(BENT, FAIR) == pytest.approx(stats.entropy([0.5, 0.5], [0.9, 0.1]))


def test_it_is_reported_and_judged_if_a_threshold_is_given() -> None:
    usual, given = KL.measure(FAIR, BENT), KL.measure(FAIR, BENT, 0.1)
    assert math.isinf(usual.threshold)
    assert usual.p_value == given.p_value
    assert given.least_rows == round(1 / (2 * 0.1 / stats.chi2.ppf(0.999, 1) - 1e-3))


def test_the_floor_bounds_empty_bins_and_never_makes_it_negative() -> None:
    deciles = Distribution.from_sample(np.arange(1_000.0))
    assert 9 < kl(Categories({"a": 100}, 0, 100), Categories({"b": 1}, 0, 1)) < 9.3
    assert kl(deciles, Distribution.from_sample([0.0])) > 2
    rare = Categories({"a": 10**6, "b": 30}, null_count=0, n=10**6 + 30)
    common = Categories({"a": 10**6}, null_count=0, n=10**6)
    assert kl(rare, common) >= 0 <= kl(common, rare)

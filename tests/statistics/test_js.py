import math

import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Categories, Distribution
from sparkmon.statistics import STATISTICS, js

JS = STATISTICS.get("js")
ENDLESS = Distribution(np.arange(1e5), np.full(100_000, 1e9), 0, 1e14)


def test_least_rows_are_those_of_the_chi_square_distribution() -> None:
    # 0.01 bits are 0.0069 nats: 8 * 0.0069 / c must exceed the 99.9 % point.
    least = round(stats.chi2.ppf(0.999, 9) / (8 * math.log(2) * 0.01))
    assert JS.measure(ENDLESS, ENDLESS).least_rows == least == 503


def test_a_normal_shift_by_a_quarter_is_a_tenth() -> None:
    points = stats.norm.ppf((np.arange(50_000) + 0.5) / 50_000)
    sides = Distribution.from_sample(points), Distribution.from_sample(points + 0.24)
    assert js(*sides) == pytest.approx(0.1, abs=0.003)


def test_both_sides_may_be_exchanged() -> None:
    reference = Categories({"a": 700, "b": 300}, null_count=0, n=1_000)
    current = Categories({"a": 30, "b": 60}, null_count=10, n=90)
    assert js(reference, current) == pytest.approx(js(current, reference))


def test_sides_apart_are_at_one() -> None:
    reference = Categories({"a": 50}, null_count=0, n=50)
    measured = JS.measure(reference, Categories({"b": 50}, null_count=0, n=50))
    assert measured.value == 1
    assert measured.p_value == pytest.approx(stats.chi2.sf(100, 1), rel=1e-9)

import math

import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Categories
from sparkmon.statistics import STATISTICS

LINF = STATISTICS.get("linf")


def test_the_p_value_is_that_of_independent_bins() -> None:
    reference = Categories({"a": 500, "b": 300, "c": 200}, null_count=0, n=1_000)
    current = Categories({"a": 440, "b": 330, "c": 230}, null_count=0, n=1_000)
    measured = LINF.measure(reference, current)
    assert measured.value == pytest.approx(0.06)
    deviations = np.sqrt(np.array([0.47 * 0.53, 0.315 * 0.685, 0.215 * 0.785]) * 0.002)
    inside = np.prod(1 - 2 * stats.norm.sf(measured.value / deviations))
    assert measured.p_value == pytest.approx(1 - inside, rel=1e-9)


def test_noise_is_the_mean_of_the_greatest_of_independent_bins() -> None:
    reference = Categories(dict.fromkeys("abcdefgh", 1e9), null_count=0, n=8e9)
    current = Categories(dict.fromkeys("abcdefgh", 125.0), null_count=0, n=1_000)
    rng = np.random.default_rng(3)
    greatest = np.abs(rng.normal(0, math.sqrt(0.125 * 0.875 * 1e-3), (50_000, 8))).max(axis=1)
    assert LINF.measure(reference, current).noise == pytest.approx(greatest.mean(), rel=0.01)


def test_least_rows_rest_on_the_references_bins() -> None:
    reference = Categories({"a": 5e12, "b": 5e12}, null_count=0, n=1e13)
    # Two equal bins taken as independent: 1 - (1 - t)^2 = 0.001.
    point = stats.norm.isf((1 - math.sqrt(0.999)) / 2) * 0.5
    assert LINF.measure(reference, reference).least_rows == round((point / 0.1) ** 2)


def test_a_constant_column_has_no_noise() -> None:
    constant = Categories({"a": 100}, null_count=0, n=100)
    measured = LINF.measure(constant, constant)
    assert (measured.value, measured.noise, measured.p_value) == (0, 0, 1)

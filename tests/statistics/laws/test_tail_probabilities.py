import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import special, stats

from sparkmon.statistics.laws.tail_probabilities import chi2_quantile, chi2_sf, cramer_von_mises_sf, kolmogorov_sf


@given(st.floats(0, 1_300), st.integers(1, 400))
def test_chi2_sf_is_scipys(value: float, degrees: int) -> None:
    assert chi2_sf(value, degrees) == pytest.approx(stats.chi2.sf(value, degrees), 1e-10, 1e-300)


def test_chi2_sf_at_its_ends() -> None:
    assert chi2_sf(0, 3) == 1
    assert chi2_sf(math.inf, 3) == 0
    assert (chi2_sf(0, 0), chi2_sf(0.1, 0)) == (1, 0)


@pytest.mark.parametrize("degrees", [1, 2, 9, 50, 1_001])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 0.999])
def test_chi2_quantile_is_scipys(share: float, degrees: int) -> None:
    assert chi2_quantile(share, degrees) == pytest.approx(stats.chi2.ppf(share, degrees), 1e-10)


def test_chi2_quantile_at_its_ends() -> None:
    assert chi2_quantile(0.999, 0) == 0


@given(st.floats(0.02, 18))
def test_kolmogorov_sf_is_scipys(value: float) -> None:
    expected = special.kolmogorov(value)
    assert kolmogorov_sf(value) == pytest.approx(expected, 1e-10, 1e-300)
    assert kolmogorov_sf(0) == 1


ANDERSON_DARLING = {0.11888: 0.5, 0.34730: 0.1, 0.46136: 0.05, 0.74346: 0.01, 1.16786: 0.001}
"""From Anderson and Darling's table of 1952: point to tail."""


@pytest.mark.parametrize("point", sorted(ANDERSON_DARLING))
def test_cramer_von_mises_sf_is_the_printed_one(point: float) -> None:
    assert cramer_von_mises_sf(point) == pytest.approx(ANDERSON_DARLING[point], rel=1e-4)


def test_cramer_von_mises_sf_is_the_sum_of_squares() -> None:
    rng = np.random.default_rng(0)
    weights = 1 / (np.arange(1, 200) * math.pi) ** 2
    drawn = rng.chisquare(1, (20_000, 199)) @ weights
    for point in (0.05, 0.1, 0.2, 0.4):
        assert cramer_von_mises_sf(point) == pytest.approx(np.mean(drawn > point), abs=0.01)


def test_cramer_von_mises_sf_at_its_ends_and_where_the_series_meets_the_tail() -> None:
    assert cramer_von_mises_sf(-1) == cramer_von_mises_sf(0.005) == 1
    points = np.linspace(0.02, 12, 400)
    tails = [cramer_von_mises_sf(float(point)) for point in points]
    assert all(before >= after > 0 for before, after in pairwise(tails))
    assert cramer_von_mises_sf(4.0001) == pytest.approx(cramer_von_mises_sf(4.0), rel=0.01)

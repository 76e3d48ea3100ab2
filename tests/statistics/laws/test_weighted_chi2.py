"""The distribution of weighted chi-squares agrees with scipy for equal weights, and with random draws for others."""

import numpy as np
import pytest
from scipy import special, stats

from sparkmon.statistics.laws.tail_probabilities import gamma_sf
from sparkmon.statistics.laws.weighted_chi2 import WeightedChi2


@pytest.mark.parametrize("shape", [0.05, 0.5, 1.0, 3.7, 40.0, 1_000.5])
@pytest.mark.parametrize("at", [0.01, 0.5, 1.0, 1.5, 3.0])
def test_gamma_tails_are_scipys(shape: float, at: float) -> None:
    value = shape * at
    assert gamma_sf(shape, value) == pytest.approx(special.gammaincc(shape, value), rel=1e-9)


def test_far_tails_keep_their_digits() -> None:
    assert gamma_sf(3.5, 600) == pytest.approx(stats.gamma.sf(600, 3.5), rel=1e-9)
    assert gamma_sf(3.5, 1e6) == 0
    assert gamma_sf(2, float("inf")) == 0


def test_equal_weights_make_a_chi_square() -> None:
    law = WeightedChi2(1.0, 1 / 12, 1 / 144)
    for value in (0.1, 1.0, 2.5):
        assert law.sf(value) == pytest.approx(stats.chi2.sf(12 * value, 12), rel=1e-9)
    assert law.point(0.001) == pytest.approx(stats.chi2.isf(0.001, 12) / 12, rel=1e-8)


@pytest.mark.parametrize("weights", [[1.0], [0.5, 0.5], 0.7 ** np.arange(20), 1 / np.arange(1, 60)])
def test_unequal_weights_have_the_tail_of_draws(weights: list[float]) -> None:
    shares = np.array(weights) / np.sum(weights)
    law = WeightedChi2(2.0, float(np.sum(shares**2)), float(np.sum(shares**3)))
    draws = 2 * (np.random.default_rng(9).normal(size=(200_000, len(shares))) ** 2 @ shares)
    for chance, off in ((0.05, 0.12), (0.01, 0.1), (0.001, 0.4)):
        assert np.mean(draws > law.point(chance)) == pytest.approx(chance, rel=off)


def test_without_noise_anything_is_beyond_it() -> None:
    still = WeightedChi2(0.0, 0.1, 0.01)
    assert (still.sf(0.0), still.sf(1e-9)) == (1, 0)
    assert still.point(0.001) >= 0

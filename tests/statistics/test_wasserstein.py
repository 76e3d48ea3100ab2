import math

import numpy as np
import pytest
from scipy import integrate, stats

from sparkmon.distributions import Distribution
from sparkmon.statistics import STATISTICS, wasserstein, wasserstein_normed

RAW, NORMED = STATISTICS.get("wasserstein"), STATISTICS.get("wasserstein_normed")
NORMAL = Distribution.from_sample(stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000))


def test_threshold_is_a_tenth_of_the_references_deviation() -> None:
    reference = Distribution.from_sample([0.0, 10.0])
    assert RAW.default_threshold(reference) == 0.5
    assert NORMED.default_threshold(reference) == 0.1


def test_noise_is_the_integral_over_a_normal_reference() -> None:
    spread, _ = integrate.quad(lambda x: math.sqrt(stats.norm.cdf(x) * stats.norm.sf(x)), -9, 9)
    measured = RAW.measure(NORMAL, NORMAL)
    assert measured.noise == pytest.approx(math.sqrt(2e-4 / math.pi) * spread, rel=0.005)


def test_least_rows_rest_on_the_tail_of_two_values() -> None:
    # With two values the distance is that of two binomial shares: 3.29 deviations are the 99.9 % point.
    reference = Distribution(np.array([0.0, 1.0]), np.array([8e12, 2e12]), 0, 1e13)
    point = stats.chi2.ppf(0.999, 1)
    assert RAW.measure(reference, reference).least_rows == round(point / 0.01) == 1083


def test_both_units_give_one_verdict() -> None:
    reference = Distribution.from_sample(NORMAL.values * 40 + 7)
    current = Distribution.from_sample(reference.values[::50] + 3)
    raw, normed = RAW.measure(reference, current), NORMED.measure(reference, current)
    assert raw.value == pytest.approx(3, rel=0.05)
    for name in ("value", "threshold", "noise"):
        assert getattr(raw, name) == pytest.approx(getattr(normed, name) * reference.std)
    assert raw.p_value == pytest.approx(normed.p_value)
    assert raw.least_rows == normed.least_rows


def test_a_constant_reference_has_no_yardstick() -> None:
    constant, moved = Distribution.from_sample([3.0] * 40), Distribution.from_sample([3.0, 4.0])
    assert math.isnan(wasserstein_normed(constant, moved))
    assert math.isnan(NORMED.measure(constant, moved).value)
    assert math.isnan(RAW.measure(constant, moved).threshold)
    assert wasserstein(constant, moved) == 0.5
    assert RAW.measure(constant, moved, 0.2).least_rows == 1
    assert RAW.measure(constant, moved, 0.2).p_value == 0
    assert RAW.measure(constant, constant, 0.2).p_value == 1


def test_huge_values_do_not_overflow() -> None:
    reference = Distribution.from_sample([-1e200, 0.0, 1e200])
    measured = NORMED.measure(reference, Distribution.from_sample([1e200, 1.1e200]))
    assert measured.value == pytest.approx(1.05 / math.sqrt(2 / 3))
    assert measured.p_value is not None
    assert 0 <= measured.p_value <= 1


@pytest.mark.slow
@pytest.mark.parametrize("law", [stats.norm(), stats.uniform(), stats.expon(), stats.lognorm(1), stats.laplace()])
def test_p_values_keep_their_size_whatever_the_shape(law: stats.rv_continuous) -> None:
    rng = np.random.default_rng(6)
    points = law.ppf((np.arange(4_000) + 0.5) / 4_000)
    reference = Distribution(points, np.full(4_000, 1e9), 0, 4e12)
    drawn = (Distribution.from_sample(law.rvs(500, random_state=rng)) for _ in range(1_500))
    found = [RAW.measure(reference, current).p_value for current in drawn]
    below = np.array(found, float)
    assert 0.02 <= np.mean(below < 0.05) <= 0.06
    assert 0.002 <= np.mean(below < 0.01) <= 0.018

import math

import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Distribution
from sparkmon.statistics import STATISTICS

MEAN = STATISTICS.get("mean")


def test_the_p_value_is_near_welchs() -> None:
    rng = np.random.default_rng(7)
    reference, current = rng.normal(5, 1, 2_000), rng.normal(4.9, 3, 1_000)
    measured = MEAN.measure(Distribution.from_sample(reference), Distribution.from_sample(current))
    expected = stats.ttest_ind(reference, current, equal_var=False).pvalue
    assert measured.value == pytest.approx(current.mean() - reference.mean())
    assert measured.p_value == pytest.approx(expected, rel=0.01)


def test_known_moments_leave_no_sketch_error() -> None:
    values, weights = np.arange(100.0), np.full(100, 100.0)
    rough = Distribution(values, weights, 0.03, 10_000)
    known = Distribution(values, weights, 0.03, 10_000, moments=(49.0, 30.0))
    assert MEAN.measure(known, known).sketch_error == 0
    measured = MEAN.measure(rough, known)
    assert measured.value == pytest.approx(49.0 - 49.5)
    # 99 steps of 1, of which the outermost three on either side rest on ranks 1, 2 and 3 %.
    assert measured.sketch_error == pytest.approx(0.03 * 99 - 2 * (0.02 + 0.01))


def test_a_threshold_holds_both_ways() -> None:
    reference = Distribution.from_sample(np.tile([0.0, 2.0], 10_000))
    assert math.isinf(MEAN.measure(reference, reference).threshold)
    point = stats.chi2.ppf(0.999, 1)
    expected = round(1 / (0.1**2 / point - 1 / 20_000))
    assert MEAN.measure(reference, reference, 0.1).least_rows == expected


def test_a_constant_column_has_no_noise() -> None:
    constant = Distribution.from_sample([3.0] * 10)
    same, moved = (MEAN.measure(constant, side) for side in (constant, Distribution.from_sample([4.0])))
    assert (same.p_value, same.noise) == (1, 0)
    assert (moved.value, moved.p_value) == (1, 0)
    huge = Distribution.from_sample([-1e300, 0.0, 1e300])
    assert MEAN.measure(huge, Distribution.from_sample([1e300])).p_value == pytest.approx(
        2 * stats.norm.sf(math.sqrt(3 / (2 / 3))), rel=1e-9
    )

import math

import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Distribution
from sparkmon.statistics import STATISTICS, ks

KS = STATISTICS.get("ks")


def sample(values: object) -> Distribution:
    return Distribution.from_sample(np.asarray(values, float))


@pytest.mark.parametrize("size", [50, 400])
def test_p_value_is_near_the_exact_one(size: int) -> None:
    rng = np.random.default_rng(size)
    for shift in (0.0, 1.5, 3.0):
        reference, current = rng.normal(size=size), rng.normal(shift / math.sqrt(size), size=size)
        exact = stats.ks_2samp(reference, current, method="exact").pvalue
        assert KS.measure(sample(reference), sample(current)).p_value == pytest.approx(exact, 0.1)


def test_point_of_999_is_kolmogorovs() -> None:
    point = stats.kstwobign.ppf(0.999)
    reference = sample(range(10**6))
    measured = KS.measure(reference, reference)
    assert measured.least_rows == round(1 / ((0.1 / point) ** 2 - 1e-6)) == 380
    assert measured.noise == pytest.approx(stats.kstwobign.mean() * math.sqrt(2e-6), 1e-9)


def test_a_reference_of_few_rows_is_never_enough() -> None:
    reference = sample(range(380))
    assert KS.measure(reference, reference).least_rows is None
    assert KS.measure(reference, reference, 0.2).least_rows == 127


def test_sketch_error_is_taken_off_the_evidence() -> None:
    values, weights = np.arange(100.0), np.full(100, 100.0)
    rough = Distribution(values, weights, 0.03, 10_000)
    measured = KS.measure(rough, Distribution(values + 4, weights, 0.02, 10_000))
    assert measured.value == pytest.approx(0.04)
    assert measured.sketch_error == 0.05
    assert measured.p_value == 1


def test_a_change_of_scale_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    reference, current = rng.normal(size=300), rng.normal(0.5, size=200)
    assert ks(sample(np.exp(reference)), sample(np.exp(current))) == ks(sample(reference), sample(current))

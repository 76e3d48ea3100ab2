import math

import datasketches
import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Distribution
from sparkmon.statistics import STATISTICS, cramer_von_mises

CVM = STATISTICS.get("cramer_von_mises")


def sample(values: object) -> Distribution:
    return Distribution.from_sample(np.asarray(values, float))


@pytest.mark.parametrize(("m", "n"), [(30, 30), (200, 40), (25, 500)])
def test_value_and_p_value_are_scipys(m: int, n: int) -> None:
    rng = np.random.default_rng(m)
    for shift in (0.0, 0.3, 0.8):
        sides = rng.normal(size=m), rng.normal(shift, size=n)
        expected = stats.cramervonmises_2samp(*sides, method="asymptotic")
        measured = CVM.measure(sample(sides[0]), sample(sides[1]))
        assert measured.value / (1 / m + 1 / n) == pytest.approx(expected.statistic, rel=1e-9)
        assert measured.p_value == pytest.approx(expected.pvalue, rel=1e-6)


def test_a_change_of_scale_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    reference, current = rng.normal(size=300), rng.normal(0.5, size=200)
    assert cramer_von_mises(sample(np.exp(reference)), sample(np.exp(current))) == pytest.approx(
        cramer_von_mises(sample(reference), sample(current)), rel=1e-12
    )


def test_sketch_error_is_taken_off_the_evidence() -> None:
    values, weights = np.arange(100.0), np.full(100, 100.0)
    rough = Distribution(values, weights, 0.03, 10_000)
    measured = CVM.measure(rough, Distribution(values + 3, weights, 0.02, 10_000))
    assert measured.value == pytest.approx(0.03**2, rel=0.05)
    assert measured.sketch_error > measured.value
    assert measured.p_value == 1


def test_the_stated_error_holds_for_many_sketches() -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=30_000)
    reference = Distribution.from_sample(rows)
    for shift in np.linspace(0, 2, 9):
        moved = rng.normal(shift, size=20_000)
        sketch = datasketches.kll_doubles_sketch(200)
        sketch.update(moved)
        exact = cramer_von_mises(reference, Distribution.from_sample(moved))
        found = CVM.measure(reference, Distribution.from_kll(sketch.serialize()))
        assert abs(found.value - exact) <= found.sketch_error


def test_it_is_reported_and_judged_if_a_threshold_is_given() -> None:
    reference = sample(range(10**5))
    assert math.isinf(CVM.measure(reference, reference).threshold)
    least = CVM.measure(reference, reference, 0.01).least_rows
    assert least == round(1 / (0.01 / 1.167858 - 1e-5)) == 117

import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Distribution
from sparkmon.statistics import STATISTICS

STD = STATISTICS.get("std")


@pytest.mark.slow
@pytest.mark.parametrize("law", [stats.norm(), stats.uniform(), stats.laplace()])
def test_noise_is_the_mean_size_of_undrifted_values(law: stats.rv_continuous) -> None:
    rng = np.random.default_rng(8)
    points = law.ppf((np.arange(20_000) + 0.5) / 20_000)
    reference = Distribution(points, np.full(20_000, 1e9), 0, 2e13)
    drawn = [Distribution.from_sample(law.rvs(500, random_state=rng)) for _ in range(3_000)]
    sizes = [abs(STD.function(reference, current)) for current in drawn]
    assert STD.measure(reference, drawn[0]).noise == pytest.approx(np.mean(sizes), rel=0.05)


def test_known_moments_leave_no_sketch_error() -> None:
    values, weights = np.arange(100.0), np.full(100, 100.0)
    known = Distribution(values, weights, 0.03, 10_000, moments=(49.0, 30.0))
    assert STD.measure(known, known).sketch_error == 0
    rough = Distribution(values, weights, 0.03, 10_000)
    measured = STD.measure(known, rough)
    assert measured.value == pytest.approx(np.std(values) - 30)
    # The mean of abs(x - 49.5) over the range is 24.75, the deviation 28.9: 0.03 * 99 * 24.75 / 28.9, less the tails.
    assert measured.sketch_error == pytest.approx(0.03 * 99 * 24.75 / 28.866 - 0.06 * 49 / 28.866, abs=0.01)


def test_constants_and_huge_values_stay_finite() -> None:
    constant = Distribution.from_sample([3.0] * 10)
    measured = STD.measure(constant, constant, 1.0)
    assert (measured.value, measured.noise, measured.least_rows) == (0, 0, 1)
    huge = Distribution.from_sample([-1e300, 1e300])
    assert STD.function(huge, huge) == 0
    assert STD.measure(huge, huge).noise >= 0

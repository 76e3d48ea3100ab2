"""Draws without drift: how often each statistic would call them one, over 4,000 pairs of samples."""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from sparkmon.distributions import Categories, Distribution
from sparkmon.statistics import STATISTICS, Measurement, ks

pytestmark = pytest.mark.slow

FloatArray: TypeAlias = npt.NDArray[np.float64]

DRAWS = 4_000
NUMERIC = (
    *("cramer_von_mises", "hellinger", "js", "kl", "ks", "linf", "mean", "psi", "range_rate"),
    *("std", "tv", "wasserstein"),
)
WITH_A_LAW = tuple(name for name in NUMERIC if name != "std")
CATEGORICAL = ("chi2", "hellinger", "js", "kl", "linf", "psi", "tv")


@pytest.fixture(scope="module")
def undrifted() -> dict[str, list[Measurement]]:
    """Measure pairs of normal samples of 600 and 400 rows."""
    rng = np.random.default_rng(42)
    found: dict[str, list[Measurement]] = {name: [] for name in NUMERIC}
    for _ in range(DRAWS):
        reference = Distribution.from_sample(rng.standard_normal(600))
        current = Distribution.from_sample(rng.standard_normal(400))
        for name in NUMERIC:
            found[name].append(STATISTICS.get(name).measure(reference, current))
    return found


@pytest.mark.parametrize("name", WITH_A_LAW)
def test_one_percent_of_undrifted_draws_lie_below_one_percent(
    undrifted: dict[str, list[Measurement]], name: str
) -> None:
    below = np.mean([measured.p_value < 0.01 for measured in undrifted[name]])  # type: ignore[operator]
    assert 0.005 <= below <= 0.02


@pytest.mark.parametrize("name", NUMERIC)
def test_noise_is_the_mean_of_undrifted_values(undrifted: dict[str, list[Measurement]], name: str) -> None:
    mean = np.mean([abs(measured.value) for measured in undrifted[name]])
    noise = np.mean([measured.noise for measured in undrifted[name]])
    assert mean == pytest.approx(noise, rel=0.05)


def below_one_percent(rows: tuple[int, int], shares: FloatArray, draws: int, names: Iterable[str]) -> dict[str, float]:
    """Return how often pairs of samples of levels have a p-value below 1 %."""
    rng = np.random.default_rng(43)
    below = dict.fromkeys(names, 0)
    for _ in range(draws):
        reference, current = (
            Categories({f"l{at}": counts[at] for at in np.flatnonzero(counts)}, 0, counts.sum())
            for counts in rng.multinomial(rows, shares / shares.sum())
        )
        for name in below:
            p_value = STATISTICS.get(name).measure(reference, current).p_value
            below[name] += p_value is not None and p_value < 0.01
    return {name: count / draws for name, count in below.items()}


def test_levels_keep_their_size() -> None:
    found = below_one_percent((600, 400), np.array([0.5, 0.3, 0.2]), DRAWS, CATEGORICAL)
    assert all(0.005 <= share <= 0.02 for share in found.values()), found


def test_levels_keep_their_size_in_sparse_bins() -> None:
    shares = stats.poisson.pmf(np.arange(12), 3)
    found = below_one_percent((2_000, 300), shares, DRAWS, CATEGORICAL)
    assert all(0.002 <= share <= 0.02 for share in found.values()), found


def test_new_levels_of_a_column_of_many_are_no_news() -> None:
    shares = 1 / np.arange(1.0, 3_001.0)
    (share,) = below_one_percent((600, 400), shares, 1_000, ["unseen_rate"]).values()
    assert 0.005 <= share <= 0.025


@pytest.mark.parametrize(("share", "reference_rows"), [(0.01, 600), (0.05, 5_000), (0.3, 600)])
@pytest.mark.parametrize("name", ["null_rate", "nan_rate"])
def test_rates_keep_their_size(name: str, share: float, reference_rows: int) -> None:
    rng = np.random.default_rng(45)
    found = []
    for _ in range(DRAWS):
        sides = []
        for rows in (reference_rows, 400):
            hits = rng.binomial(rows, share)
            numbers = np.array([0.0]), np.array([float(rows - hits)])
            nan = hits if name == "nan_rate" else 0.0
            sides.append(Distribution(*numbers, 0, rows - hits, hits, nan_count=nan))
        found.append(STATISTICS.get(name).measure(sides[0], sides[1]))
    assert 0.005 <= np.mean([measured.p_value < 0.01 for measured in found]) <= 0.02  # type: ignore[operator]
    noise = np.mean([measured.noise for measured in found])
    assert np.mean([measured.value for measured in found]) == pytest.approx(noise, rel=0.05)


def test_identical_columns_of_a_million_rows_do_not_drift() -> None:
    rng = np.random.default_rng(44)
    reference, current = (Distribution.from_sample(rng.standard_normal(10**6)) for _ in "rc")
    for name in sorted({*NUMERIC, "count", "nan_rate", "null_rate", "wasserstein_normed"}):
        measured = STATISTICS.get(name).measure(reference, current)
        assert abs(measured.value) < min(measured.threshold, 0.1) / 10
        assert measured.p_value is None or measured.p_value > 0.001
    assert ks(reference, current) < 0.003

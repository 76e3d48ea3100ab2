"""Draws without drift: how often each statistic would call them one, over 4,000 pairs of samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sparkmon.distributions import Categories, Distribution
from sparkmon.statistics import STATISTICS, Measurement, ks

DRAWS = 4_000
NUMERIC = ("ks", "psi", "wasserstein")


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


@pytest.mark.parametrize("name", NUMERIC)
def test_one_percent_of_undrifted_draws_lie_below_one_percent(
    undrifted: dict[str, list[Measurement]], name: str
) -> None:
    below = np.mean([measured.p_value < 0.01 for measured in undrifted[name]])  # type: ignore[operator]
    assert 0.005 <= below <= 0.02


@pytest.mark.parametrize("name", NUMERIC)
def test_noise_is_the_mean_of_undrifted_values(
    undrifted: dict[str, list[Measurement]], name: str
) -> None:
    mean = np.mean([measured.value for measured in undrifted[name]])
    noise = np.mean([measured.noise for measured in undrifted[name]])
    assert mean == pytest.approx(noise, rel=0.05)


def test_psi_of_levels_keeps_its_size_in_sparse_bins() -> None:
    rng = np.random.default_rng(43)
    shares = stats.poisson.pmf(np.arange(12), 3)
    psi = STATISTICS.get("psi")
    below = 0
    for _ in range(DRAWS):
        reference, current = (
            Categories(dict(zip("abcdefghijkl", counts.tolist(), strict=True)), 0, counts.sum())
            for counts in rng.multinomial([2_000, 300], shares / shares.sum())
        )
        measured = psi.measure(reference, current)
        below += measured.p_value is not None and measured.p_value < 0.01
    assert 0.002 <= below / DRAWS <= 0.02


def test_identical_columns_of_a_million_rows_do_not_drift() -> None:
    rng = np.random.default_rng(44)
    reference, current = (Distribution.from_sample(rng.standard_normal(10**6)) for _ in "rc")
    for name in STATISTICS:
        measured = STATISTICS.get(name).measure(reference, current)
        assert measured.value < measured.threshold / 10
        assert measured.p_value is not None
        assert measured.p_value > 0.001
    assert ks(reference, current) < 0.003

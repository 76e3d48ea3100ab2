"""Columns of very many levels: each sample has levels that the last had not, and nothing has drifted."""

from collections import Counter

import numpy as np
import pytest

from sparkmon.distributions import Categories
from sparkmon.statistics import STATISTICS

LEVELS, DRAWS = 3000, 300
SHARES = 1 / np.arange(1, LEVELS + 1)
SHARES /= SHARES.sum()


def drawn(random: np.random.Generator, rows: int, shares: np.ndarray) -> Categories:
    counts = Counter(map(str, random.choice(len(shares), rows, p=shares).tolist()))
    return Categories({level: float(count) for level, count in counts.items()}, 0, rows)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["psi", "js", "hellinger", "kl", "tv", "chi2"])
def test_a_long_tail_is_no_drift(name: str) -> None:
    random = np.random.default_rng(17)
    measure = STATISTICS.get(name).measure
    measured = [measure(drawn(random, 600, SHARES), drawn(random, 400, SHARES)) for _ in range(DRAWS)]
    small = np.mean([each.p_value is not None and each.p_value < 0.01 for each in measured])
    assert small <= 0.03  # a half of the rare levels' rows are of levels the other sample has not


@pytest.mark.parametrize("name", ["psi", "js", "tv", "chi2"])
def test_a_flood_of_new_levels_is_still_seen(name: str) -> None:
    random = np.random.default_rng(18)
    flooded = np.append(SHARES * 0.6, np.full(1000, 0.4 / 1000))
    measure = STATISTICS.get(name).measure
    for _ in range(20):
        found = measure(drawn(random, 5000, SHARES), drawn(random, 4000, flooded))
        assert found.p_value is not None
        assert found.p_value < 1e-6

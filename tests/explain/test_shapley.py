"""Sampled Shapley values next to exact ones by enumeration, and distances of importances next to hand calculation."""

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import spearmanr

from sparkmon.explain import attribution_distances, permutation_shapley, rows_asked

Floats = npt.NDArray[np.float64]
WIDTH = 6
GENERATOR = np.random.default_rng(0)
BACKGROUND = GENERATOR.normal(size=(20, WIDTH)).astype(object)
ROWS = GENERATOR.normal(size=(60, WIDTH)).astype(object)


def model(rows: Any) -> Floats:  # noqa: ANN401
    x = rows.astype(float)
    values: Floats = 3 * x[:, 0] + 2 * x[:, 1] * x[:, 2] + np.maximum(x[:, 3], 0) - 0.3 * x[:, 4] ** 2
    return values


def exact(row: Any) -> Floats:  # noqa: ANN401
    """Enumerate all coalitions of six features, each against every background row."""

    def value(present: tuple[int, ...]) -> float:
        mixed = BACKGROUND.copy()
        mixed[:, list(present)] = row[list(present)]
        return float(model(mixed).mean())

    phi = np.zeros(WIDTH)
    for feature in range(WIDTH):
        others = [each for each in range(WIDTH) if each != feature]
        for size in range(WIDTH):
            weight = factorial(size) * factorial(WIDTH - size - 1) / factorial(WIDTH)
            for present in combinations(others, size):
                phi[feature] += weight * (value((*present, feature)) - value(present))
    return phi


def test_they_sum_to_the_answer_less_the_base_and_cost_what_is_said() -> None:
    asked = []

    def counted(rows: Any) -> Floats:  # noqa: ANN401
        asked.append(len(rows))
        return model(rows)

    sampled = permutation_shapley(counted, ROWS, BACKGROUND, 3, np.random.default_rng(1))
    np.testing.assert_allclose(sampled.phi.sum(axis=1), sampled.answers - sampled.bases, atol=1e-9)
    np.testing.assert_allclose(sampled.answers, model(ROWS))
    assert asked == [rows_asked(60, WIDTH, 3)]


@pytest.mark.slow
def test_importances_are_those_of_exact_values() -> None:
    oracle = np.array([exact(row) for row in ROWS])
    sampled = permutation_shapley(model, ROWS, BACKGROUND, 3, np.random.default_rng(2))
    assert spearmanr(np.abs(oracle).mean(axis=0), sampled.importances).statistic >= 0.94
    # The answers vary by 3 from one background row to the next: by 3 / sqrt(2,000) in the mean of so many.
    many = permutation_shapley(model, ROWS[:10], BACKGROUND, 2_000, np.random.default_rng(3))
    np.testing.assert_allclose(many.phi, oracle[:10], atol=0.3)


def test_one_feature_gets_all() -> None:
    sampled = permutation_shapley(lambda x: 2 * x[:, 0].astype(float), ROWS[:, :1], BACKGROUND[:, :1], 2, GENERATOR)
    np.testing.assert_allclose(sampled.phi[:, 0], sampled.answers - sampled.bases)


def test_distances_of_importances() -> None:
    """Of (4, 2, 1, 1) and (2, 4, 1, 1), half of the reference's 8 differ; js by hand; ndcg of the swapped order."""
    distances = attribution_distances(np.array([4.0, 2, 1, 1]), np.array([2.0, 4, 1, 1]))
    assert distances["relative_l1"] == pytest.approx(0.5)
    divergence = 0.5 * np.log2(0.5 / 0.375) + 0.25 * np.log2(0.25 / 0.375)
    assert distances["js"] == pytest.approx(np.sqrt(divergence))
    gains = 1 / np.log2(np.arange(2, 6))
    assert distances["ndcg"] == pytest.approx(float([2, 4, 1, 1] @ gains) / float([4, 2, 1, 1] @ gains))


def test_a_top_feature_that_stands_still_is_seen_where_ndcg_is_blind() -> None:
    """Flights: the departure delay, frozen, falls from .212 to .125 and stays first."""
    before = np.array([0.212, 0.03, 0.02, 0.01])
    distances = attribution_distances(before, np.array([0.125, 0.03, 0.02, 0.01]))
    assert distances["ndcg"] == 1.0
    assert distances["relative_l1"] == pytest.approx(0.087 / 0.272)

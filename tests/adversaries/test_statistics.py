"""Each statistic of a client's rows against a calculation by hand or by scipy."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from sparkmon.adversaries import CLIENT_STATISTICS, Honest
from sparkmon.adversaries.client_window import ClientWindow
from sparkmon.detectors import Columns, Rows

RNG = np.random.default_rng(5)
REFERENCE = RNG.normal([10, 0], [2, 5], (4000, 2))
COLUMNS = Columns(("a", "b"), (10.0, 0.0), {"c": ("x", "y", "z")})


def rows_of(numbers: np.ndarray, levels: np.ndarray | None = None) -> Rows:
    levels = np.zeros((len(numbers), 1), np.int64) if levels is None else levels[:, None]
    return Rows(numbers, np.zeros(numbers.shape, np.int8), levels)


SCORES = np.column_stack([1 - (p := RNG.uniform(size=4000)), p])
HONEST = Honest.of(COLUMNS, rows_of(REFERENCE, RNG.integers(0, 3, 4000)), SCORES)


def value(name: str, numbers: np.ndarray, levels: np.ndarray | None = None, scores: np.ndarray | None = None) -> float:
    window = ClientWindow(HONEST, rows_of(np.asarray(numbers, float), levels), scores)
    return float(CLIENT_STATISTICS.get(name).function(window))


def standardised(numbers: np.ndarray) -> np.ndarray:
    scores: np.ndarray = np.clip((numbers - REFERENCE.mean(0)) / REFERENCE.std(0), -8, 8)
    return scores


def test_distances_are_those_of_standard_scores_and_a_level_is_one_away() -> None:
    numbers, levels = RNG.normal([10, 0], [2, 5], (100, 2)), RNG.integers(0, 3, 100)
    points = np.hstack([standardised(numbers), np.eye(3)[levels] / np.sqrt(2)])
    distances = np.sort(cdist(points, points), axis=1)[:, 1:]
    near, near20 = distances[:, 0], distances[:, :20].mean(1)
    for name, expected in {
        "nearest_median": np.median(near),
        "nearest_low": np.quantile(near, 0.1),
        "neighbours_least": near20.min(),
        "neighbours_median": np.median(near20),
    }.items():
        assert value(name, numbers, levels) == pytest.approx(np.log(expected + 1e-3), abs=1e-6)
    variance = np.log(points.var(0).sum() / HONEST.variance[0])
    assert value("variance_ratio", numbers, levels) == pytest.approx(variance, abs=1e-6)


def test_rows_that_differ_in_one_column() -> None:
    numbers = np.array([[1, 1], [1, 2], [1, 3], [4, 4], [1, 1], [5, 5]])
    assert value("single_change_share", numbers) == 3 / 5  # of five distinct rows
    assert value("single_changes_most", numbers) == 2
    assert value("constant_share", numbers) == 1 / 3  # the level
    assert value("constant_share", np.array([[1, 2], [1, 3]])) == 2 / 3


def test_margins_and_labels() -> None:
    low = np.quantile(np.abs(1 - 2 * SCORES[:, 1]), 0.05)
    p = np.array([0.5, 0.5 + low * 0.6, 0.9, 0.1, 0.9, 0.9])
    scores = np.column_stack([1 - p, p])
    numbers = np.zeros((6, 2))
    assert value("low_margin_share", numbers, scores=scores) == 1 / 6
    assert value("label_changes", numbers, scores=scores) == 3 / 5  # 0 1 1 0 1 1
    share = SCORES.argmax(1).mean()
    assert value("label_distance", numbers, scores=scores) == pytest.approx(abs(4 / 6 - share))
    assert value("label_distance", numbers, scores=p[:, None]) == pytest.approx(abs(4 / 6 - share))


def test_turns_from_step_to_step() -> None:
    straight = np.array([[10, 0], [11, 0], [11, 0], [12, 0], [13, 0]])  # the second step has no length
    assert value("turn_mean", straight) == pytest.approx(1)
    back = np.array([[10, 0], [11, 0], [10, 0], [11, 0]])
    assert value("turn_mean", back) == pytest.approx(-1)
    assert value("turn_deviation", back) == pytest.approx(0)
    assert value("turn_mean", RNG.normal([10, 0], [2, 5], (4000, 2))) == pytest.approx(-0.5, abs=0.1)


def test_what_the_reference_does_not_have() -> None:
    numbers = np.array([[10, 0], [10, 1e3], [-1e3, 0], [10, 0]])
    assert value("outside_share", numbers, np.array([0, 0, 0, 3])) == 3 / 4
    assert value("surprise_high", numbers) > value("surprise_median", REFERENCE[:100]) + 5
    assert value("mahalanobis_median", REFERENCE) < value("mahalanobis_median", REFERENCE + np.array([20, 0])) - 3

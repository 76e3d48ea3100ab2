"""Each detector: its score by hand or by another library, its state as JSON, and what hostile values do to it."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from sklearn import ensemble

from sparkmon.detectors import DETECTORS, Columns, IsolationForest, Mahalanobis, RobustZ, Rows, Violations
from sparkmon.errors import ProfileError
from sparkmon.protocol import Cells
from sparkmon.records import Feature

FEATURES = (Feature("a", "numeric"), Feature("b", "numeric"), Feature("level", "categorical"))
RANDOM = np.random.default_rng(3)
COUNT = 2_000
X = RANDOM.normal(size=COUNT)
LEVELS = np.where(X > 0, "high", "low")


def cells(numbers: npt.ArrayLike, levels: Sequence[str | None]) -> Cells:
    matrix = np.column_stack([np.asarray(numbers, float), np.full(len(levels), np.nan)])
    has_number = ~np.isnan(matrix)
    return Cells(("a", "b", "level"), matrix, has_number, {2: pa.array(levels, pa.string())})


TRAINING = cells(np.column_stack([X, X + 0.1 * RANDOM.normal(size=COUNT)]).round(2), LEVELS.tolist())
COLUMNS = Columns.of(FEATURES, TRAINING)
ROWS = COLUMNS.read(TRAINING)
every = pytest.mark.parametrize("name", [*DETECTORS])


def rows(numbers: npt.ArrayLike, levels: Sequence[str | None]) -> Rows:
    return COLUMNS.read(cells(numbers, levels))


@pytest.mark.slow
@every
def test_the_state_is_json_and_scores_the_same_when_it_is_read(name: str) -> None:
    detector = DETECTORS.get(name).fit(COLUMNS, ROWS)
    state = json.loads(json.dumps(detector.to_json()))
    again = DETECTORS.get(name).from_json(state)
    assert np.array_equal(again.score(ROWS), detector.score(ROWS))
    with pytest.raises(ProfileError, match="got the state"):
        DETECTORS.get(name).from_json({**state, "more": state[next(iter(state))]})


@pytest.mark.slow
@every
def test_hostile_cells_have_finite_scores_and_parts(name: str) -> None:
    detector = DETECTORS.get(name).fit(COLUMNS, ROWS)
    hostile = rows(
        [[math.inf, -math.inf], [1e308, -1e308], [math.nan, math.nan], [5e-324, 0.0]],
        ["\x00" * 10_000, None, "", "low"],
    )
    assert np.isfinite(detector.score(hostile)).all()
    parts = detector.parts(COLUMNS, hostile)
    assert parts.shape == (4, 3)
    assert (parts >= 0).all()
    assert np.isfinite(parts).all()


@every
def test_a_column_without_spread_and_few_levels_are_no_error(name: str) -> None:
    constant = cells(np.ones((COUNT, 2)), ["one"] * COUNT)
    columns = Columns.of(FEATURES, constant)
    detector = DETECTORS.get(name).fit(columns, columns.read(constant))
    assert np.isfinite(detector.score(columns.read(cells([[1.0, 2.0]], ["two"])))).all()


def test_robust_z_is_that_of_the_median_and_the_quartiles() -> None:
    low, middle, high = np.quantile(TRAINING.numbers[:, 0], [0.25, 0.5, 0.75])
    found = RobustZ.fit(COLUMNS, ROWS).score(rows([[5.0, middle]], ["low"]))
    assert found[0] == pytest.approx((5 - middle) / ((high - low) / 1.349), rel=0.01)


def test_mahalanobis_is_the_distance_by_the_inverse_covariance_and_names_what_does_not_fit() -> None:
    columns = Columns(COLUMNS.numbers, COLUMNS.medians, {})
    plain = columns.read(TRAINING)
    detector = Mahalanobis.fit(columns, plain)
    low, middle, high = np.quantile(plain.numbers, [0.25, 0.5, 0.75], axis=0)
    z = (plain.numbers - middle) / ((high - low) / 1.349)
    inverse = np.linalg.inv(np.cov(z, rowvar=False) + 0.001 * np.eye(2))
    off = z[:50] - z.mean(axis=0)
    expected = [row @ inverse @ row for row in off]
    assert detector.score(plain)[:50] == pytest.approx(expected, rel=1e-6)
    # Levels enter: a high number under the name of the low ones.
    mixed = Mahalanobis.fit(COLUMNS, ROWS)
    fits, does_not = mixed.score(rows([[1.0, 1.0], [1.0, 1.0]], ["high", "low"]))
    assert does_not > 2 * fits
    assert mixed.parts(COLUMNS, rows([[1.0, -1.0]], ["high"]))[0].argmax() in (0, 1)


@pytest.mark.slow
def test_the_forest_scores_as_scikit_learn_does() -> None:
    detector = IsolationForest.fit(COLUMNS, ROWS)
    matrix = np.hstack([ROWS.numbers, ROWS.levels])
    options: dict[str, Any] = {"n_estimators": 100, "max_samples": 256, "random_state": 0}
    forest = ensemble.IsolationForest(**options).fit(matrix)
    assert detector.score(ROWS) == pytest.approx(-forest.score_samples(matrix), abs=1e-6)
    loop = detector.to_json()
    loop["lower"] = loop["upper"] = IsolationForest.fit(COLUMNS, ROWS).to_json()["roots"]
    with pytest.raises((ProfileError, ValueError)):
        IsolationForest.from_json(loop)


@pytest.mark.parametrize(
    ("numbers", "level", "count"),
    [
        ([0.0, 0.0], "low", 0),
        ([0.001, 0.0], "low", 1),  # the training data has two decimals
        ([9.0, 0.0], "low", 1),
        ([0.0, 0.0], "new", 1),
        ([0.0, 0.0], None, 1),
        ([math.nan, math.inf], "low", 1),  # of the matrix of this test a NaN is a cell without a number, a null
    ],
)
def test_violations_are_counted(numbers: list[float], level: str | None, count: int) -> None:
    found = Violations.fit(COLUMNS, ROWS).score(rows([numbers], [level]))
    assert found[0] == count + (numbers[1] == math.inf)


def test_a_column_that_the_rows_do_not_have_breaks_nothing() -> None:
    some = Cells(("b",), np.array([[0.0]]))
    read = COLUMNS.read(some)
    assert read.faults.tolist() == [[0, 0]]
    assert read.numbers[0, 0] == COLUMNS.medians[0]

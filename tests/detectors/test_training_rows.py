"""The training row that an outlier is most like, and the fewest of its values that make it usual."""

import numpy as np
from scipy.spatial.distance import cdist

from sparkmon.detectors import OutlierModel, Rows
from sparkmon.detectors.training_rows import TrainingRows
from tests.detectors.test_outlier_rows import FAR, MODEL, block, ids, searching


def of_numbers(*numbers: list[float]) -> Rows:
    return Rows(np.array(numbers), np.zeros((len(numbers), len(numbers[0])), np.int8), np.zeros((len(numbers), 1), int))


def test_the_nearest_row_is_that_of_scipy() -> None:
    random = np.random.default_rng(5)
    rows = of_numbers(*(random.random((200, 3)) * [1, 10, 100]).tolist())
    training = TrainingRows.of(rows)
    for row in (random.random((20, 3)) * [1, 10, 100]).tolist():
        deviation = rows.numbers.std(axis=0)
        place = cdist(rows.numbers / deviation, np.array([row]) / deviation, "cityblock").argmin()
        assert training.nearest(of_numbers(row)).numbers[0].tolist() == rows.numbers[place].tolist()


def test_a_level_counts_as_a_deviation_and_a_number_far_off_as_three() -> None:
    training = TrainingRows(Rows(np.array([[0.0], [2.0]]), np.zeros((2, 1), np.int8), np.array([[0], [1]])))
    # A deviation is 1: half of it against one and a half and a level.
    assert training.nearest(Rows(np.array([[0.5]]), np.zeros((1, 1), np.int8), np.array([[0]]))).numbers == 0
    assert training.nearest(Rows(np.array([[0.5]]), np.zeros((1, 1), np.int8), np.array([[1]]))).numbers == 0
    assert training.nearest(Rows(np.array([[FAR]]), np.zeros((1, 1), np.int8), np.array([[0]]))).numbers == 0
    # A number that is missing is 1 from every number.
    assert training.nearest(Rows(np.array([[2.0]]), np.ones((1, 1), np.int8), np.array([[0]]))).numbers == 0


def test_an_outlier_is_listed_with_what_would_make_it_usual() -> None:
    model = OutlierModel.from_bytes(MODEL.to_bytes())
    assert model.training is not None
    assert len(model.training.rows) == 200
    outliers = searching()
    outliers.mark([block([[-1.0, FAR], [FAR, FAR]])], ids(2))
    rows = {row["event_id"]: row for row in outliers.build().to_pylist()}
    one, both = rows["e0"], rows["e1"]
    assert [each["column_name"] for each in one["counterfactual"]] == ["b"]
    assert {each["column_name"] for each in both["counterfactual"]} == {"a", "b"}
    (change,) = one["counterfactual"]
    assert change in one["nearest"]
    assert one["reason"].endswith(f"; usual with b = {change['value']}, as in the nearest training row")
    (changed,) = searching().mark([block([[-1.0, float(change["value"])]])], ids(1))
    assert changed.row_flags is not None
    assert changed.row_flags.numbers.tolist() == [[0.0]]


def test_what_no_five_values_make_usual_has_no_counterfactual() -> None:
    training = TrainingRows.of(of_numbers([0.0, 0.0]))
    _, changes = training.counterfactual(of_numbers([1.0, 1.0]), 0.01, lambda rows: np.zeros(len(rows)))
    assert changes == []

"""Metrics from sums are scikit-learn's on the raw rows, and merged parts give those of the whole."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import sklearn.metrics as sk

from sparkmon.errors import ProfileError
from sparkmon.performance import METRICS, ClassOutcomes, Measured, NumberOutcomes, Performance

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def rows_of(classes: int, rows: int = 4_000) -> tuple[Ints, Ints, Floats]:
    """Return labels, predictions and probabilities of a model that is right more often than not."""
    generator = np.random.default_rng(classes)
    labels = generator.integers(0, classes, rows)
    scores = generator.dirichlet(np.ones(classes), rows) + 0.6 * np.eye(classes)[labels] * generator.random((rows, 1))
    scores /= scores.sum(axis=1, keepdims=True)
    return labels, scores.argmax(axis=1), scores


def by_name(performance: Performance) -> dict[tuple[str, int | None], Measured]:
    return {(each.metric, each.place): each for each in performance.metrics()}


@pytest.mark.parametrize("classes", [2, 4])
def test_metrics_of_classes_are_those_of_scikit_learn(classes: int) -> None:
    labels, predicted, scores = rows_of(classes)
    found = by_name(Performance.of(ClassOutcomes.of_labels(labels, predicted, scores, classes)))
    assert found["accuracy_score", None].value == pytest.approx(sk.accuracy_score(labels, predicted), abs=1e-12)
    for name in ("precision_score", "recall_score", "f1_score"):
        function: Callable[..., Floats] = getattr(sk, name)
        each = function(labels, predicted, average=None)
        assert [found[name, place].value for place in range(classes)] == pytest.approx(each.tolist(), abs=1e-12)
        assert found[name, None].value == pytest.approx(function(labels, predicted, average="macro"), abs=1e-12)
    assert found["log_loss", None].value == pytest.approx(sk.log_loss(labels, scores), abs=1e-12)
    answers = scores[:, 1] if classes == 2 else scores
    expected = sk.brier_score_loss(labels, answers, scale_by_half=classes == 2)
    assert found["brier_score_loss", None].value == pytest.approx(expected, abs=1e-12)
    one = labels if classes == 2 else np.eye(classes)[labels]
    for name in ("roc_auc_score", "average_precision_score"):
        measured = found[name, None]
        assert abs(measured.value - getattr(sk, name)(one, answers)) <= measured.error + 1e-12
        assert 0 < measured.error < 0.01


def test_metrics_of_numbers_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(5)
    truth = generator.normal(1e6, 30, 2_000)
    predicted = truth + generator.normal(3, 10, 2_000)
    found = by_name(Performance.of(NumberOutcomes(truth, predicted, center=1e6)))
    for name in ("mean_absolute_error", "root_mean_squared_error", "mean_absolute_percentage_error", "r2_score"):
        assert found[name, None].value == pytest.approx(getattr(sk, name)(truth, predicted), rel=1e-9)
    assert found["mean_error", None].value == pytest.approx((predicted - truth).mean(), abs=1e-9)


def test_the_loss_of_quantiles_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(9)
    truth = generator.normal(size=500)
    scores, levels = np.tile([-1.3, 0.1, 1.2], (500, 1)) + generator.normal(size=(500, 1)) / 9, (0.1, 0.5, 0.9)
    found = by_name(Performance.of(NumberOutcomes(truth, scores[:, 1], 0.0, scores, levels)))
    each = [sk.mean_pinball_loss(truth, scores[:, place], alpha=level) for place, level in enumerate(levels)]
    assert [found["mean_pinball_loss", place].value for place in range(3)] == pytest.approx(each, abs=1e-12)
    assert found["mean_pinball_loss", None].value == pytest.approx(np.mean(each), abs=1e-12)
    with pytest.raises(ProfileError, match="different shapes"):
        NumberOutcomes(truth, truth, 0.0, scores, (0.1, 0.9))


def test_a_class_that_is_not_there_is_left_out_as_by_scikit_learn() -> None:
    labels, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    found = by_name(Performance.of(ClassOutcomes.of_labels(labels, predicted, None, 4)))
    assert found["f1_score", None].value == pytest.approx(sk.f1_score(labels, predicted, average="macro"))
    assert np.isnan(found["recall_score", 3].value)
    never_predicted = by_name(Performance.of(ClassOutcomes.of_labels(np.array([0, 1]), np.array([0, 0]), None, 2)))
    assert never_predicted["precision_score", 1].value == 0


def test_the_calibration_error_is_the_one_by_hand() -> None:
    # Two bins: .95 with 3 of 4 right, .55 with 1 of 4: (4 * .20 + 4 * .30) / 8.
    scores = np.array([[0.95, 0.05]] * 4 + [[0.55, 0.45]] * 4)
    labels = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    found = by_name(Performance.of(ClassOutcomes.of_labels(labels, np.zeros(8, np.int64), scores, 2)))
    assert found["expected_calibration_error", None].value == pytest.approx(0.25, abs=1e-12)


@pytest.mark.parametrize("parts", [2, 20])
@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_merged_parts_are_the_whole(kind: str, parts: int) -> None:
    if kind == "classes":
        outcomes: ClassOutcomes | NumberOutcomes = ClassOutcomes.of_labels(*rows_of(3), 3)
    else:
        truth = np.random.default_rng(6).normal(size=999)
        outcomes = NumberOutcomes(truth, truth + 0.5)
    some = np.array_split(np.random.default_rng(7).permutation(len(outcomes)), parts)
    merged = Performance.merge(Performance.of(outcomes.take(rows)) for rows in some)
    whole = Performance.of(outcomes)
    assert merged.rows == whole.rows == len(outcomes)
    for name, sums in whole.sums.items():
        np.testing.assert_allclose(merged.sums[name], sums, rtol=1e-10, atol=1e-9)
    other = Performance.of(
        NumberOutcomes(np.ones(1), np.ones(1)) if kind == "classes" else ClassOutcomes.of_labels(*rows_of(2), 2)
    )
    with pytest.raises(ProfileError, match="expected those of one model"):
        whole.plus(other)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_intervals_hold_the_metric_of_all_rows_as_often_as_they_say(kind: str) -> None:
    """Of 100 samples, about 95 of the intervals hold what the whole population has."""
    generator = np.random.default_rng(8)
    names = ["accuracy_score", "f1_score", "roc_auc_score", "average_precision_score", "log_loss", "brier_score_loss"]
    population: ClassOutcomes | NumberOutcomes = ClassOutcomes.of_labels(*rows_of(2, 100_000), 2)
    if kind == "numbers":
        truth = generator.normal(size=100_000)
        population = NumberOutcomes(truth, truth + generator.standard_t(8, 100_000) + 0.1)
        names = ["mean_absolute_error", "root_mean_squared_error", "mean_error", "r2_score"]
    right, covered = by_name(Performance.of(population)), Counter[str]()
    for _ in range(100):
        found = by_name(Performance.of(population.take(generator.integers(0, len(population), 400))))
        ends = {name: (found[name, None].low, found[name, None].high) for name in names}
        covered.update(name for name, (low, high) in ends.items() if low <= right[name, None].value <= high)
    assert all(covered[name] >= 88 for name in names), covered  # fewer than 88 come by once in 300 times


def test_families_are_registered_under_the_names_of_their_files() -> None:
    assert [*METRICS] == ["brier", "calibration", "confusion", "log_loss", "quantiles", "ranking", "regression"]


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ProfileError, match="different shapes"):
        ClassOutcomes.of_labels(np.array([0]), np.array([0, 1]), None, 2)
    with pytest.raises(ProfileError, match="none of 2"):
        ClassOutcomes.of_labels(np.array([0]), np.array([2]), None, 2)
    with pytest.raises(ProfileError, match="different shapes"):
        NumberOutcomes(np.ones(2), np.ones(3))

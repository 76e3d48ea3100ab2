"""Fairness of groups, next to rates by hand and by scikit-learn on the rows."""

import numpy as np
import pytest
import sklearn.metrics as sk

from sparkmon.performance import ClassOutcomes, fairness
from sparkmon.performance.confusion import confusion


def test_metrics_are_those_of_the_rows() -> None:
    generator = np.random.default_rng(0)
    group = generator.integers(3, size=4_000)
    labels = (generator.random(4_000) < 0.4).astype(int)
    predicted = (generator.random(4_000) < np.where(labels == 1, 0.7 - 0.1 * group, 0.2 + 0.05 * group)).astype(int)
    rates, groups = [], {}
    for each in range(3):
        rows = group == each
        groups[str(each)] = confusion(ClassOutcomes.of_labels(labels[rows], predicted[rows], None, 2))
        tpr = sk.recall_score(labels[rows], predicted[rows])
        fpr = 1 - sk.recall_score(labels[rows], predicted[rows], pos_label=0)
        rates.append((predicted[rows].mean(), tpr, fpr))
    selected, tpr, fpr = np.array(rates).T
    measured = {each.metric: each for each in fairness(groups)}
    expected = {
        "demographic_parity_difference": np.ptp(selected),
        "demographic_parity_ratio": selected.min() / selected.max(),
        "equal_opportunity_difference": np.ptp(tpr),
        "equalized_odds_difference": max(np.ptp(tpr), np.ptp(fpr)),
    }
    assert {name: each.value for name, each in measured.items()} == pytest.approx(expected)
    assert all(each.low < each.value < each.high for each in measured.values())


def test_intervals_hold_the_truth_of_two_groups() -> None:
    """Of 100 draws of two groups of 500 rows, whose shares of class 1 are 50 % and 30 %, about 95 hold 0.2."""
    generator, held = np.random.default_rng(1), 0
    for _ in range(100):
        counts = {
            name: generator.multinomial(500, [0.6 * (1 - share), 0.6 * share, 0.4 * (1 - share), 0.4 * share])
            for name, share in (("a", 0.5), ("b", 0.3))
        }
        first = next(fairness({name: each.reshape(2, 2).astype(float) for name, each in counts.items()}))
        held += first.low <= 0.2 <= first.high
    assert 88 <= held <= 100


def test_small_groups_and_other_models_have_none() -> None:
    some = np.array([[20.0, 10], [10, 20]])
    assert [*fairness({"a": some, "b": some / 10})] == []
    assert [*fairness({"a": np.ones((3, 3)) * 100, "b": np.ones((3, 3)) * 100})] == []

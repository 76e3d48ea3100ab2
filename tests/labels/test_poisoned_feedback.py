"""A client whose labels are suddenly others is named, from its rows and labels to the finding."""

from pathlib import Path

import numpy as np
import pytest

from tests.labels.tables_of_a_model import ModelTables, answers

CLIENTS = [f"client-{place % 5}" for place in range(2_000)]


def named(model: ModelTables, window: int, poisoned: float) -> list[tuple[str, float]]:
    """Answer 400 rows of each of five clients; the labels of the first are 1 for a share of its rows."""
    x, score, labels = answers(2_000, seed=window)
    ids = model.answer(window, x, score, clients=CLIENTS)
    is_own = np.array(CLIENTS) == "client-0"
    labels[is_own & (np.random.default_rng(window).random(2_000) < poisoned)] = 1
    model.label(request_id=ids, repaid=labels.tolist())
    judged = [each for each in model.judge(window + 2) if each.basis == "labels"]
    return [(shift.client, shift.difference) for each in judged for shift in each.poisoned]


@pytest.mark.slow
def test_a_client_whose_labels_change_is_named_once_they_do(tmp_path: Path) -> None:
    model = ModelTables(tmp_path)
    assert [named(model, window, 0.0) for window in range(3)] == [[], [], []]
    [(client, difference)] = named(model, 3, 0.5)
    assert client == "client-0"
    assert 0.2 < difference < 0.3  # half of its labels 0, which are half of all
    rows = [row for each in model.findings for row in each.to_pylist() if row["column_kind"] == "client"]
    assert [(row["slice_value"], row["status"], row["statistic"]) for row in rows] == [
        ("client-0", "over_limit", "feedback_z")
    ]
    assert "is attacked by the client client-0" in rows[0]["explanation"]
    assert "like poisoned feedback" in rows[0]["explanation"]


@pytest.mark.slow
def test_a_client_that_lies_from_its_first_label_on_is_named_and_a_concept_that_changes_for_all_is_no_attack(
    tmp_path: Path,
) -> None:
    model = ModelTables(tmp_path)
    assert [[client for client, _ in named(model, window, 0.5)] for window in range(3)] == [["client-0"]] * 3
    rows = [row for each in model.findings for row in each.to_pylist() if row["column_kind"] == "client"]
    first, *_, last = (row["explanation"] for row in rows)
    assert "all the time" in first
    assert "before" not in first
    assert "% before; like poisoned feedback, or a client whose labels mean something else" in last
    x, score, _ = answers(2_000, seed=9)
    ids = model.answer(3, x, score, clients=CLIENTS)
    model.label(request_id=ids, repaid=[1] * 2_000)
    assert [each.poisoned for each in model.judge(5) if each.basis == "labels"] == [[]]

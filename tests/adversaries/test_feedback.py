"""Labels by client and score: the tests against statsmodels, and false alarms."""

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.adversaries import SCORE_BINS, Feedback


def feedback(rows: int, seed: int, own_rate: float = 0.0) -> Feedback:
    """Draw labels of ten clients by their scores; the first client's are positive more often."""
    random = np.random.default_rng(seed)
    clients, scores = random.integers(0, 10, rows), random.random(rows)
    labels = random.random(rows) < np.where(clients == 0, scores + (1 - scores) * own_rate, scores)
    counted = Feedback()
    names = np.array([f"c{each}" for each in clients])
    for half in np.array_split(np.arange(rows), 2):
        bins = (scores[half] * SCORE_BINS).astype(np.int64)
        counted.add(pa.array(names[half].tolist()), bins, labels[half])
    return counted


def test_the_p_value_is_that_of_r_and_statsmodels() -> None:
    """Admissions to Berkeley in 1973, by department (Bickel, Hammel and O'Connell, 1975; UCBAdmissions in R)."""
    women = [[19, 89], [8, 17], [391, 202], [244, 131], [299, 94], [317, 24]]
    men = [[313, 512], [207, 353], [205, 120], [279, 138], [138, 53], [351, 22]]
    counted = Feedback({"women": np.array(women), "men": np.array(men)})
    # statsmodels 0.14: StratifiedTable(...).test_null_odds(correction=False); R: mantelhaen.test(correct = FALSE)
    assert counted.test("women") == pytest.approx(0.216924, abs=1e-6)
    assert counted.test("men") == pytest.approx(counted.test("women"))


def test_the_difference_is_that_of_one_table_by_hand() -> None:
    counted = Feedback({"a": np.array([[25, 75]]), "b": np.array([[160, 40]])})
    difference, error = counted.difference("a")
    assert difference == pytest.approx(0.75 - 0.2)
    shares = np.array([75.5 / 101, 40.5 / 201])
    assert error == pytest.approx(np.sqrt((shares * (1 - shares) / [100, 200]).sum()))


@pytest.mark.slow
def test_labels_that_change_are_found_and_of_a_hundred_windows_without_none() -> None:
    before = feedback(8_000, 99)
    assert [each.client for each in feedback(2_000, 1, 0.5).shifts(before, ["c0", "c1"])] == ["c0"]
    quiet = [feedback(2_000, 100 + seed) for seed in range(100)]
    assert [each.shifts(before, each.unlike_others()) for each in quiet] == [[]] * 100


def test_labels_that_never_were_like_others_are_named_from_a_difference_on_that_a_business_hardly_makes() -> None:
    def judged(own_rate: float, before: Feedback) -> list[tuple[str, bool]]:
        now = feedback(2_000, 1, own_rate)
        return [(each.client, each.is_change) for each in now.shifts(before, now.unlike_others())]

    assert judged(0.6, Feedback()) == [("c0", False)]  # with scores from 0 to 1, 30 points more
    assert judged(0.6, feedback(8_000, 99, 0.6)) == [("c0", False)]
    assert judged(0.3, Feedback()) == judged(0.3, feedback(8_000, 99, 0.3)) == []  # 15 points
    opposite = Feedback({"c0": np.tile([900, 100], (10, 1)), "c1": np.tile([500, 500], (10, 1))})
    assert judged(0.6, opposite) == [("c0", True)]  # 40 points fewer, and now 30 more: a change


def test_rows_without_a_client_and_clients_of_few_labels_are_others() -> None:
    counted = Feedback()
    counted.add(pa.array(["a", None, "b"]), np.array([0, 0, 1]), np.array([True, False, True]))
    assert (counted.rows(""), counted.rows("a"), counted.unlike_others()) == (1, 1, [])
    assert counted.plus(counted).rows("a") == 2

"""Labels that come late, twice, too early, contradict each other or never: what each window says of its model."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import sklearn.metrics as sk

from sparkmon.comparison import Finding
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.errors import OptionError
from sparkmon.labels import LabelSource
from tests.labels.tables_of_a_model import HOUR, START, ModelTables, answers
from tests.labels.test_labels_watch import watch_of


@pytest.fixture
def model(tmp_path: Path) -> ModelTables:
    return ModelTables(tmp_path)


def test_estimates_come_with_the_window_and_truth_with_the_labels(model: ModelTables) -> None:
    x, score, labels = answers(600, seed=2)
    ids = model.answer(0, x, score)
    assert [each.basis for each in model.judge(1)] == ["cbpe"]
    (estimate,) = model.metrics("accuracy_score", "cbpe")
    model.label(request_id=ids, repaid=labels.tolist())
    assert model.judge(1.5) == []  # the horizon has not passed
    (window,) = model.judge(2)
    assert (window.basis, window.verdict) == ("labels", "model fine")
    predicted = score >= 0.5
    (accuracy,) = model.metrics("accuracy_score")
    assert accuracy["value"] == pytest.approx(sk.accuracy_score(labels, predicted))
    assert accuracy["estimate"] == estimate["value"] == pytest.approx(accuracy["value"], abs=0.05)
    assert (accuracy["prediction_count"], accuracy["labelled_count"], accuracy["coverage"]) == (600, 600, 1)
    (log_loss,) = model.metrics("log_loss")
    assert log_loss["value"] == pytest.approx(sk.log_loss(labels, score))
    (auc,) = model.metrics("roc_auc_score", slice_key="x > 0", slice_value="true")
    assert abs(auc["value"] - sk.roc_auc_score(labels[x > 0], score[x > 0])) <= auc["bin_error"]
    (recall,) = model.metrics("recall_score", **{"class": "1"})
    assert recall["value"] == pytest.approx(sk.recall_score(labels, predicted))


def test_what_was_expected_is_compared_on_the_rows_with_labels_alone(model: ModelTables) -> None:
    """Rows without labels on the boundary, as an attacker asks for, make what is expected of all rows less."""
    x, score, labels = answers(2_000, seed=2)
    near = np.full(300, 0.51)
    ids = model.answer(0, np.concatenate([x, np.zeros(300)]), np.concatenate([score, near]))
    model.label(request_id=ids[:2_000], repaid=labels.tolist())
    (window,) = [each for each in model.judge(2) if each.basis == "labels"]
    (estimate,) = model.metrics("accuracy_score", "cbpe")
    (accuracy,) = model.metrics("accuracy_score")
    assert accuracy["coverage"] == pytest.approx(2_000 / 2_300)
    assert accuracy["estimate"] == pytest.approx(accuracy["value"], abs=0.02)
    assert estimate["value"] < accuracy["estimate"] - 0.02
    assert {row["statistic"]: row["status"] for row in window.findings()}["estimate_z"] == "ok"


@pytest.mark.slow
def test_labels_in_three_parts_give_what_labels_at_once_do_and_each_part_a_version(model: ModelTables) -> None:
    x, score, labels = answers(600, seed=3)
    ids = model.answer(0, x, score)
    for version, part in enumerate(np.array_split(np.random.default_rng(1).permutation(600), 3), 1):
        model.label(request_id=[ids[at] for at in part], repaid=labels[part].tolist())
        (window,) = [each for each in model.judge(2 + version) if each.basis == "labels"]
        assert window.verdict == ("model fine" if version == 3 else "labels too few to say")
    rows = model.metrics("accuracy_score")
    assert [row["version"] for row in rows] == [1, 2, 3]
    assert [row["coverage"] for row in rows] == pytest.approx([1 / 3, 2 / 3, 1])
    assert rows[-1]["value"] == pytest.approx(sk.accuracy_score(labels, score >= 0.5))
    rows = [row for each in model.findings for row in each.to_pylist()]
    statuses = [row["status"] for row in rows if row["statistic"] == "loss_z"]
    assert statuses == ["too_few_rows", "too_few_rows", "ok"]
    assert model.judge(5.5) == []  # nothing new
    model.label(request_id=[ids[0]], repaid=[int(labels[0])])
    (again,) = model.judge(6)
    assert again.measured.counts["duplicate"] == 1
    model.label(request_id=[ids[0]], repaid=[1 - int(labels[0])])
    assert model.judge(13) == []  # too late to revise


def test_labels_that_contradict_each_other_or_come_before_the_prediction_do_not_count(model: ModelTables) -> None:
    x, score, labels = answers(400, seed=4)
    ids = model.answer(0, x, score)
    model.label(request_id=[*ids, ids[7], "unknown"], repaid=[*labels.tolist(), 1 - int(labels[7]), 1])
    (window,) = [each for each in model.judge(2) if each.basis == "labels"]
    assert (window.rows, window.measured.counts["contradicted"]) == (399, 1)
    (row,) = model.metrics("accuracy_score")
    assert (row["labelled_count"], row["contradicted_labels"], row["early_labels"]) == (399, 1, 0)


def test_the_last_of_labels_with_times_counts(model: ModelTables) -> None:
    model.source["time"] = "known"
    ids = model.answer(0, np.ones(100), np.full(100, 0.9))
    model.label(request_id=ids, repaid=[0] * 100, known=[START + HOUR] * 100)
    model.label(request_id=ids, repaid=[1] * 100, known=[START + 1.5 * HOUR] * 100)
    model.label(request_id=ids[:1], repaid=[0], known=[START - HOUR])
    (window,) = [each for each in model.judge(3) if each.basis == "labels"]
    assert (window.metric.value, window.measured.counts["contradicted"], window.rows) == (1.0, 100, 100)


def test_labels_known_before_the_prediction_are_counted_and_left_out(model: ModelTables) -> None:
    model.source["time"] = "known"
    ids = model.answer(0, np.ones(100), np.full(100, 0.9))
    known = [START + HOUR] * 90 + [START + timedelta(microseconds=1)] * 10
    model.label(request_id=ids, repaid=[1] * 100, known=known)
    (window,) = [each for each in model.judge(3) if each.basis == "labels"]
    assert (window.rows, window.measured.counts["early"]) == (90, 10)


def test_labels_of_entities_go_to_the_requests_before_them(model: ModelTables) -> None:
    model.source |= {"entities": {"loan": "loan_id"}, "time": "known", "horizon": HOUR, "revise_for": 2 * HOUR}
    for window in (0, 5):
        model.answer(window, np.ones(50), np.full(50, 0.9), entity=True)
    known = [START + 1.2 * HOUR] * 50 + [START + 6.5 * HOUR] * 50
    model.label(loan_id=[*range(50)] * 2, repaid=[0] * 50 + [1] * 50, known=known)
    first, second = sorted((each for each in model.judge(8) if each.basis == "labels"), key=lambda each: each.end)
    assert (first.metric.value, second.metric.value) == (0, 1)
    assert first.coverage == second.coverage == 1


def test_requests_of_several_rows_need_the_place_of_each(model: ModelTables) -> None:
    ids = model.answer(0, np.ones(100), np.full(100, 0.9), instances=2)
    model.label(request_id=ids, repaid=[1] * 100, place=[0, 1] * 50)
    (window,) = [each for each in model.judge(2) if each.basis == "labels"]
    assert window.rows == 0
    model.source["instance"] = "place"
    (window,) = [each for each in model.judge(2) if each.basis == "labels"]
    assert window.rows == 100


@pytest.mark.slow
def test_a_model_that_got_worse_is_found_and_so_is_the_assumption_that_broke(model: ModelTables) -> None:
    for hour in range(3):
        x, score, labels = answers(500, seed=10 + hour, noise=0.3 if hour == 2 else 0.0)
        model.label(request_id=model.answer(hour, x, score), repaid=labels.tolist())
    windows = {each.end: each for each in model.judge(4) if each.basis == "labels"}
    assert [each.verdict for _, each in sorted(windows.items())] == ["model fine", "model fine", "model worse"]
    (findings,) = model.findings
    drifts = [row for row in findings.to_pylist() if row["status"] == "drift"]
    assert {(row["column_name"], row["statistic"]) for row in drifts} == {
        ("accuracy_score", "loss_z"),
        ("accuracy_score", "loss_cusum"),
        ("estimate of accuracy_score", "estimate_z"),
    }
    message = Finding.of(drifts[0]).message()
    assert message.startswith(
        "accuracy_score of the model loans drifted from validation in the window 2026-03-01 02:00"
    )
    assert "a model that got worse: accuracy_score 0." in message
    assert message.endswith("and no column of the data moved")
    assert "its assumption does not hold: rows with the same probabilities" in Finding.of(drifts[-1]).message()


@pytest.mark.slow
def test_data_that_moved_alone_are_told_from_a_model_that_got_worse(model: ModelTables) -> None:
    for hour, noise in enumerate((0.0, 0.4)):
        x, score, labels = answers(500, seed=20 + hour, noise=noise)
        model.label(request_id=model.answer(hour, x, score), repaid=labels.tolist())
        drift: dict[str, object] = {"model": "loans", "model_version": "", "column_name": "x", "column_kind": "feature"}
        drift |= {
            "statistic": "ks",
            "drift_type": "BASELINE",
            "reference": "training",
            "status": "drift",
            "reason": "",
            "value": 0.4,
            "cause": "+160 rows above 799; its unit",
        }
        drift |= {"limit": 0.1, "window_start": START + hour * HOUR, "window_end": START + (hour + 1) * HOUR}
        model.tables.append(pa.Table.from_pylist([drift], schema=DRIFT_METRICS), "drift_metrics")
    windows = sorted((each for each in model.judge(3) if each.basis == "labels"), key=lambda each: each.end)
    assert [each.verdict for each in windows] == ["data moved, model fine", "both"]
    reasons = [next(each.findings())["reason"] for each in windows]
    assert reasons[0].startswith("data moved (x (+160 rows above 799)) and the model is fine: accuracy_score 0.")
    assert reasons[1].endswith("and the data moved, too: x (+160 rows above 799)")


@pytest.mark.slow
def test_a_pass_that_was_cut_off_is_repeated_and_writes_nothing_twice(
    model: ModelTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, score, labels = answers(300, seed=5)
    model.label(request_id=model.answer(0, x, score), repaid=labels.tolist())
    append = model.tables.append

    def cut_off(rows: object, table: str, **options: object) -> bool:
        if table == "performance":
            raise OSError("no space left on device")
        return append(rows, table, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(model.tables, "append", cut_off)
        with pytest.raises(OSError, match="no space"):
            model.judge(2)
    findings = model.tables.read("drift_metrics")
    assert findings is not None
    model.judge(2)
    again = model.tables.read("drift_metrics")
    assert again is not None
    assert again.num_rows == findings.num_rows
    assert len(model.metrics("accuracy_score")) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"horizon": timedelta()}, "horizon"),
        ({"entities": {"a": "b"}}, "'time' is missing"),
        ({"table": "x"}, "table='x'"),
    ],
)
def test_a_source_that_cannot_be_used_is_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        LabelSource(**({"table": "/labels"} | options)).open()  # type: ignore[arg-type]


def test_a_table_without_the_column_is_refused(model: ModelTables) -> None:
    model.label(request_id=["a"], other=[1])
    model.answer(0, np.ones(50), np.full(50, 0.9))
    with pytest.raises(OptionError, match="lack one of the columns request_id, repaid"):
        model.judge(2)


def test_a_window_without_labels_says_so(model: ModelTables) -> None:
    model.label(request_id=["unknown"], repaid=[1])
    model.answer(0, np.ones(50), np.full(50, 0.9))
    (window,) = [each for each in model.judge(2) if each.basis == "labels"]
    assert (window.verdict, window.rows, window.coverage) == ("labels too few to say", 0, 0)
    (row,) = model.metrics("accuracy_score")
    assert (row["value"], row["coverage"], row["prediction_count"]) == (None, 0, 50)
    assert model.judge(3) == []


@pytest.mark.slow
def test_a_window_whose_rows_expire_keeps_what_it_was(model: ModelTables) -> None:
    x, score, labels = answers(300, seed=6)
    ids = model.answer(0, x, score)
    model.label(request_id=ids, repaid=labels.tolist())
    model.judge(2)
    model.tables.maintain("rows", [("event_time", "<", START + HOUR / 2)])
    model.label(request_id=["unknown"], repaid=[1])
    assert model.judge(3) == []
    model.tables.maintain("rows", [("event_time", "<", START + HOUR)])
    model.label(request_id=["other"], repaid=[1])
    assert model.judge(4) == []
    assert [row["labelled_count"] for row in model.metrics("accuracy_score")] == [300]


def test_where_a_model_got_worse_is_said_and_the_effects_of_slices_add_up_to_the_change(model: ModelTables) -> None:
    x, score, labels = answers(3_000, seed=8)
    labels = np.where((x > 0) & (np.random.default_rng(9).random(3_000) < 0.4), 1 - labels, labels)
    model.label(request_id=model.answer(0, x, score), repaid=labels.tolist())
    (window,) = [each for each in model.judge(2) if each.basis == "labels"]
    assert "of that by rows with x > 0 = true, which the model gets wrong more than before" in window._words(True)
    slices = [model.metrics("accuracy_score", slice_key="x > 0", slice_value=each)[0] for each in ("true", "false")]
    change = sum(row["mix_effect"] + row["rate_effect"] for row in slices)
    assert change == pytest.approx(window.loss - window.validation.losses.mean, abs=1e-9)
    before = window.validation.segments["x > 0"].parts["true"]
    wrong = (score >= 0.5) != labels
    expected = (x > 0).mean() * (wrong[x > 0].mean() - before.loss / before.rows)
    assert slices[0]["rate_effect"] == pytest.approx(expected)


def test_groups_are_compared_by_what_is_predicted_and_by_labels(model: ModelTables) -> None:
    """Scores follow x: every row with x > 0 is predicted to repay, and none of the others."""
    model.source["groups"] = ["x > 0"]
    x, score, labels = answers(800, seed=30)
    model.label(request_id=model.answer(0, x, score), repaid=labels.tolist())
    model.judge(3)
    for basis in ("labels", "cbpe"):
        (row,) = model.metrics("demographic_parity_difference", basis, slice_key="x > 0", slice_value=None)
        assert row["value"] == 1.0
    (row,) = model.metrics("equal_opportunity_difference", slice_key="x > 0", slice_value=None)
    assert (row["value"], row["labelled_count"]) == (1.0, 800)


def test_groups_that_are_no_slices_are_refused(model: ModelTables) -> None:
    with pytest.raises(OptionError, match="got the groups sex of loans, whose reference has the slices of nothing"):
        watch_of(model, loans=LabelSource(f"{model.folder}/labels", "repaid", groups=["sex"]))


@pytest.mark.slow
def test_windows_are_compared_with_those_before_without_a_reference(model: ModelTables) -> None:
    """The model is worse than on held-out rows from the start: the fifth window alone is worse than its own past."""
    model.source["reference_free"] = True
    for hour, noise in enumerate((0.2, 0.2, 0.2, 0.2, 0.6)):
        x, score, labels = answers(500, seed=40 + hour, noise=noise)
        model.label(request_id=model.answer(hour, x, score), repaid=labels.tolist())
    windows = sorted((each for each in model.judge(6) if each.basis == "labels"), key=lambda each: each.end)
    by_window = [{row["statistic"]: row for row in each.findings()} for each in windows]
    assert [each["loss_z"]["status"] for each in by_window] == ["drift"] * 5
    assert [each["loss_adwin"]["status"] for each in by_window] == ["ok"] * 4 + ["drift"]
    assert by_window[4]["loss_adwin"]["reason"].startswith("it looks like a model that got worse: 5")

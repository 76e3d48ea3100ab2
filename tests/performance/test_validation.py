"""What is learnt from held-out rows: which column is what, and estimates that are as good as the labels would be."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from sparkmon.errors import OptionError, ProfileError
from sparkmon.performance import ClassOutcomes, NumberOutcomes, Performance, Validation, class_names
from sparkmon.protocol import Cells
from sparkmon.records import Feature

Floats = npt.NDArray[np.float64]
NUMBER = [Feature("x", "numeric")]


def cells(**columns: npt.ArrayLike) -> Cells:
    return Cells((*columns,), np.stack([np.asarray(each, float) for each in columns.values()], axis=1))


def classifier(rows: int, seed: int, spread: float = 1.0) -> tuple[Cells, Cells, npt.NDArray[np.int64]]:
    """Return features, answers and labels: the model is sure of what is true as often as a logistic curve has it."""
    generator = np.random.default_rng(seed)
    x = generator.normal(0, spread, rows)
    p = 1 / (1 + np.exp(-2 * x))
    labels = (generator.random(rows) < p).astype(np.int64)
    return cells(x=x), cells(score=p**2), labels  # squared: a model that is not calibrated


def fitted() -> Validation:
    features, answers, labels = classifier(20_000, 1)
    return Validation.fit(NUMBER, features, answers, class_names(pa.array(labels)), "label")


def metrics_of(outcomes: ClassOutcomes | NumberOutcomes) -> dict[str, float]:
    return {each.metric: each.value for each in Performance.of(outcomes).metrics() if each.place is None}


def test_estimates_follow_inputs_that_move_though_the_model_is_not_calibrated() -> None:
    validation = Validation.from_bytes(fitted().to_bytes())
    features, answers, labels = classifier(20_000, 2, spread=0.4)
    expected = validation.expected(features, validation.answers.read(answers))
    assert expected is not None
    estimates = {each.metric: each for each in validation.estimates(Performance.of(expected)) if each.place is None}
    outcomes, _ = validation.answers.outcomes(validation.answers.read(answers), class_names(pa.array(labels)))
    true = metrics_of(outcomes)
    assert true["accuracy_score"] < validation.metrics["accuracy_score", None] - 0.1
    for name in ("accuracy_score", "f1_score", "roc_auc_score", "brier_score_loss"):
        assert estimates[name].value == pytest.approx(true[name], abs=0.015)
        assert estimates[name].low - 0.01 < true[name] < estimates[name].high + 0.01
    assert "expected_calibration_error" not in estimates


def shifted(rows: int, seed: int, share: float) -> tuple[Cells, Cells, npt.NDArray[np.int64]]:
    """Return rows whose answer is 0.8 throughout: 0.9 of those with x = 0 are of class 1, 0.5 of those with x = 1."""
    generator = np.random.default_rng(seed)
    x = (generator.random(rows) < share).astype(float)
    labels = (generator.random(rows) < np.where(x == 1, 0.5, 0.9)).astype(np.int64)
    return cells(x=x, noise=generator.normal(size=rows)), cells(score=np.full(rows, 0.8)), labels


def test_pape_follows_a_calibration_that_moves_with_the_features_where_cbpe_does_not() -> None:
    features, answers, labels = shifted(5_000, 5, 0.2)
    # Labels say which score is whose: some rows are answered otherwise.
    answers.numbers[:500, 0], labels[:500] = 0.1, 0
    numbers = [*NUMBER, Feature("noise", "numeric")]
    live, live_answers, _ = shifted(4_000, 6, 0.8)
    estimates = {}
    for name in ("cbpe", "pape"):
        own = Validation.fit(numbers, features, answers, class_names(pa.array(labels)), "label", estimator=name)
        own = Validation.from_bytes(own.to_bytes())
        assert own.estimator is not None
        assert own.estimator.name == name
        expected = own.expected(live, own.answers.read(live_answers))
        assert expected is not None
        found = {each.metric: each.value for each in own.estimates(Performance.of(expected)) if each.place is None}
        estimates[name] = found["accuracy_score"]
    assert estimates["cbpe"] == pytest.approx(0.8 * 0.9 + 0.2 * 0.5, abs=0.02)  # of the reference
    assert estimates["pape"] == pytest.approx(0.2 * 0.9 + 0.8 * 0.5, abs=0.03)  # of the rows that are there


def test_rows_too_few_to_weigh_by_are_estimated_as_by_cbpe() -> None:
    features, answers, labels = classifier(5_000, 1)
    some = features.take(np.arange(100))
    answered = answers.take(np.arange(100))
    cbpe, pape = (
        Validation.fit(NUMBER, features, answers, class_names(pa.array(labels)), "label", estimator=name)
        for name in ("cbpe", "pape")
    )
    both = [each.expected(some, each.answers.read(answered)) for each in (cbpe, pape)]
    assert isinstance(both[0], ClassOutcomes)
    assert isinstance(both[1], ClassOutcomes)
    np.testing.assert_allclose(both[0].truth, both[1].truth)


def test_quantiles_are_recognised_by_their_names() -> None:
    generator = np.random.default_rng(7)
    x = generator.random(500)
    labels = class_names(pa.array(x + generator.normal(size=500)))
    answers = cells(p90=x + 1.28, p10=x - 1.28, price=x)
    validation = Validation.from_bytes(Validation.fit(NUMBER, cells(x=x), answers, labels, "label").to_bytes())
    assert validation.answers.scores == ("p10", "p90")
    assert validation.answers.classes == ("0.1", "0.9")
    assert validation.answers.predicted == "price"
    # A normal number's own quantile has the pinball loss of its density there, 0.1755.
    assert validation.metrics["mean_pinball_loss", None] == pytest.approx(0.1755, abs=0.02)
    with pytest.raises(OptionError, match=r"named like p10 or q0\.9"):
        Validation.fit(NUMBER, cells(x=x), cells(a=x, b=x), labels, "label")


@pytest.mark.slow
def test_errors_of_numbers_are_estimated_by_the_features() -> None:
    generator = np.random.default_rng(3)
    x = generator.random(8_000)
    truth = generator.normal(0, 1 + 3 * x)
    zero = np.zeros(8_000)
    labels = class_names(pa.array(truth))
    validation = Validation.fit(NUMBER, cells(x=x), cells(y=zero), labels, "label")
    validation = Validation.from_bytes(validation.to_bytes())
    assert validation.answers.task == "regression"
    live = np.linspace(0.8, 1.0, 2_000)
    expected = validation.expected(cells(x=live), validation.answers.read(cells(y=zero[:2_000])))
    assert expected is not None
    (estimate,) = validation.estimates(Performance.of(expected))
    # The mean absolute value of a normal number is its deviation times the root of 2 / pi.
    assert estimate.value == pytest.approx((1 + 3 * 0.9) * np.sqrt(2 / np.pi), rel=0.06)
    assert 0.05 < estimate.high - estimate.value < 0.2


def test_three_classes_and_a_class_column_are_recognised() -> None:
    generator = np.random.default_rng(4)
    labels = generator.integers(0, 3, 3_000)
    scores = generator.dirichlet([1, 1, 1], 3_000) * 0.5 + 0.5 * np.eye(3)[labels]
    names = pa.array(np.array(["cat", "dog", "eel"])[labels])
    predictions = cells(a=scores[:, 0], b=scores[:, 1], c=scores[:, 2])
    validation = Validation.fit(NUMBER, cells(x=labels), predictions, names, "animal")
    assert validation.answers.classes == ("cat", "dog", "eel")
    assert validation.answers.scores == ("a", "b", "c")
    wrong = cells(b=scores[:, 1], a=scores[:, 0], c=scores[:, 2])
    with pytest.raises(OptionError, match="no greater where that is true"):
        Validation.fit(NUMBER, cells(x=labels), wrong, names, "animal")
    texts = Cells(("k",), np.full((3_000, 1), np.nan), np.zeros((3_000, 1), bool), {0: names})
    alone = Validation.fit(NUMBER, cells(x=labels), texts, names, "animal")
    assert (alone.answers.predicted, alone.estimator) == ("k", None)
    assert alone.metrics["accuracy_score", None] == 1


def test_answers_that_cannot_be_read_are_not_usable() -> None:
    answers = fitted().answers
    read = answers.read(cells(score=[0.3, 1.2, np.nan, 0.5]))
    assert read.is_usable.tolist() == [True, False, False, True]
    assert read.predicted[[0, 3]].tolist() == [0, 1]
    assert not answers.read(cells(other=[0.3])).is_usable.any()
    outcomes, both = answers.outcomes(read, pa.array(["1", "1", "1", "maybe"]))
    assert (len(outcomes), both.tolist()) == (1, [True, False, False, False])


@pytest.mark.parametrize(
    ("predictions", "labels", "sentence"),
    [
        ({"p": np.linspace(0, 1, 200)}, ["a"] * 200, "expected 2 to 50 classes"),
        ({"p": np.linspace(0, 9, 200)}, ["a", "b"] * 100, "expected probabilities from 0 to 1"),
        ({"p": np.arange(200.0), "q": np.arange(200.0)}, [f"{each}.5" for each in range(200)], "expected one column"),
        ({"p": np.linspace(0, 1, 50)}, ["0", "1"] * 25, "expected 100 or more"),
    ],
)
def test_columns_of_no_model_are_refused(predictions: dict[str, Floats], labels: list[str], sentence: str) -> None:
    rows = len(labels)
    with pytest.raises(OptionError, match=sentence):
        Validation.fit(NUMBER, cells(x=np.arange(rows)), cells(**predictions), pa.array(labels), "label")


def test_what_is_no_validation_is_refused() -> None:
    good = fitted().to_bytes()
    for bad in (b"{}", b"[1]", good.replace(b'"dispersion": 1', b'"dispersion": 0'), good.replace(b"cbpe", b"pickle")):
        with pytest.raises(ProfileError):
            Validation.from_bytes(bad)

"""What a model's performance is expected to be while labels are not known: CBPE and DLE."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from sparkmon.detectors import Columns, Rows, Trees, array_of, written
from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.spread import spread
from sparkmon.errors import MissingExtraError, ProfileError
from sparkmon.performance.intervals import normal_half
from sparkmon.performance.metric import Measured
from sparkmon.performance.outcomes import ClassOutcomes, NumberOutcomes

_POINTS = 500
_TREES, _LEAVES, _LEAST, _RATE = 100, 31, 20, 0.1
_MOST_ROWS = 50_000
"""Rows of which four in five are fitted; scikit-learn sorts them once for every tree."""


@dataclass(frozen=True, eq=False)
class Calibrators:
    """Confidence-based performance estimation (CBPE) of a classifier.

    What came true is put in by what is expected of it: the probability of each class, calibrated on held-out rows by
    isotonic regression. From there on, the metrics are those of labels.

    *Assumption*: rows with the same probabilities are as often of each class as they were in the reference. Where the
    inputs move, that may hold; where the concept changes, it does not, and the estimate does not see it.

    References
    ----------
    .. [1] Kivimäki, Białek, Nurminen, Kuberski: Confidence-based estimators for predictive performance in model
       monitoring. JAIR 82, 2025.
    .. [2] Zadrozny, Elkan: Transforming classifier scores into accurate multiclass probability estimates. KDD 2002.

    Examples
    --------
    >>> scores = np.tile([[0.2, 0.8]], (100, 1))
    >>> labels = np.array([1] * 60 + [0] * 40)
    >>> calibrators = Calibrators.fit(ClassOutcomes.of_labels(labels, np.ones(100, int), scores, 2))
    >>> calibrators.expected(np.ones(1, int), scores[:1]).truth.round(2).tolist()
    [[0.4, 0.6]]
    """

    name: ClassVar[str] = "cbpe"
    assumption: ClassVar[str] = "rows with the same probabilities are as often right as in the reference"

    scores: tuple[FloatArray, ...]
    """By class, of two only of class 1: scores in ascending order."""
    shares: tuple[FloatArray, ...]
    """The share of rows of the class at each of them."""

    def __post_init__(self) -> None:
        pairs = [*zip(self.scores, self.shares, strict=True)]
        if not pairs or any(
            x.shape != y.shape or not x.size or (np.diff(x) < 0).any() or not 0 <= y.min() <= y.max() <= 1
            for x, y in pairs
        ):
            raise ProfileError("got calibrators that do not rise from a probability to one; fit them again")

    @classmethod
    def fit(cls, outcomes: ClassOutcomes, weights: FloatArray | None = None) -> Calibrators:
        """Fit them to held-out rows with labels, all alike or by weights; MissingExtraError without scikit-learn."""
        try:
            from sklearn.isotonic import isotonic_regression
        except ModuleNotFoundError as error:
            raise MissingExtraError.of("scikit-learn", "explain") from error
        assert outcomes.scores is not None
        classes = outcomes.scores.shape[1]
        scores, shares = [], []
        for place in range(1, 2) if classes == 2 else range(classes):
            values, inverse = np.unique(outcomes.scores[:, place], return_inverse=True)
            of_rows = np.ones(len(outcomes)) if weights is None else weights
            counts = np.bincount(inverse, of_rows)
            mean = np.bincount(inverse, of_rows * outcomes.truth[:, place]) / counts
            fitted: Any = isotonic_regression(mean, sample_weight=counts, y_min=0, y_max=1)
            # Of a level part its ends say all.
            keep = np.flatnonzero(np.diff(fitted, prepend=np.nan, append=np.nan)[:-1] != 0)
            ends = np.unique(np.concatenate([keep, keep - 1, [len(values) - 1]]))
            ends = ends[ends >= 0]
            ends = ends[spread(ends.size, _POINTS)]
            scores.append(values[ends])
            shares.append(np.clip(fitted[ends], 0.0, 1.0))
        return cls(tuple(scores), tuple(shares))

    def expected(self, predicted: Any, scores: FloatArray) -> ClassOutcomes:  # noqa: ANN401 - places of classes
        """Return rows with what is expected to come true."""
        pairs = zip(self.scores, self.shares, strict=True)
        if scores.shape[1] == 2:
            (pair,) = pairs
            second = np.interp(scores[:, 1], *pair)
            return ClassOutcomes(np.stack([1 - second, second], axis=1), predicted, scores)
        each = np.stack([np.interp(scores[:, place], *pair) for place, pair in enumerate(pairs)], axis=1)
        total = each.sum(axis=1, keepdims=True)
        return ClassOutcomes(np.where(total > 0, each / np.where(total > 0, total, 1), scores), predicted, scores)

    def chosen(self, metrics: Sequence[Measured], rows: int) -> Iterator[Measured]:
        """Return what is an estimate among the metrics of expected rows."""
        return of_probabilities(metrics)

    def to_json(self) -> Mapping[str, Any]:
        """Return them as what JSON has."""
        return {name: [written(each) for each in getattr(self, name)] for name in ("scores", "shares")}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Calibrators:
        """Read what :meth:`to_json` wrote; an error such as TypeError or ProfileError if it is anything else."""
        scores, shares = (tuple(array_of(each) for each in state[name]) for name in ("scores", "shares"))
        return cls(scores, shares)


@dataclass(frozen=True, eq=False)
class ErrorModel:
    """Direct loss estimation (DLE) of a regression model.

    100 boosted trees say how large the absolute error of a row is to be expected, by its features and the prediction.
    Four in five of the held-out rows are fitted; the others say how far the mean of few rows may be off.

    *Assumption*: rows with the same features and prediction have as large errors as in the reference.

    References
    ----------
    .. [1] Perrakis: Estimating the performance of regression models without ground truth: direct loss estimation.
       NannyML, 2022.
    .. [2] Friedman: Greedy function approximation: a gradient boosting machine. Annals of Statistics 29, 2001.
    """

    name: ClassVar[str] = "dle"
    assumption: ClassVar[str] = "rows with the same features have as large errors as in the reference"

    columns: Columns
    trees: Trees
    base: float
    deviation: float
    """The standard deviation of an absolute error around what is expected of it."""

    @classmethod
    def fit(cls, columns: Columns, rows: Rows, outcomes: NumberOutcomes) -> ErrorModel:
        """Fit it to held-out rows with labels; MissingExtraError without scikit-learn."""
        try:
            from sklearn.ensemble import GradientBoostingRegressor
        except ModuleNotFoundError as error:
            raise MissingExtraError.of("scikit-learn", "explain") from error
        errors = np.abs(outcomes.predicted - outcomes.truth)[:_MOST_ROWS]
        matrix = np.hstack([matrix_of(rows), outcomes.predicted[:, None]])[:_MOST_ROWS]
        sizes: dict[str, Any] = {"max_depth": None, "max_leaf_nodes": _LEAVES, "min_samples_leaf": _LEAST}
        boosted: Any = GradientBoostingRegressor(n_estimators=_TREES, learning_rate=_RATE, random_state=0, **sizes)
        is_fitted = np.arange(len(errors)) % 5 > 0
        boosted.fit(matrix[is_fitted], errors[is_fitted])
        trees = [each.tree_ for each in boosted.estimators_[:, 0]]
        grown = Trees.of(trees, (_RATE * each.value[:, 0, 0] for each in trees))
        model = cls(columns, grown, float(errors[is_fitted].mean()), 0.0)
        others = ~is_fitted
        residuals = errors[others] - model._errors(matrix[others])
        return replace(model, deviation=float(np.sqrt((residuals**2).mean())))

    def expected(self, rows: Rows, predicted: FloatArray) -> NumberOutcomes:
        """Return rows with errors as large as expected."""
        return NumberOutcomes(predicted - self._errors(np.hstack([matrix_of(rows), predicted[:, None]])), predicted)

    def chosen(self, metrics: Sequence[Measured], rows: int) -> Iterator[Measured]:
        """Return what is an estimate among the metrics of expected rows."""
        half = normal_half(self.deviation, rows)
        for each in metrics:
            if each.metric == "mean_absolute_error":
                yield replace(each, low=max(each.value - half, 0.0), high=each.value + half)

    def to_json(self) -> Mapping[str, Any]:
        """Return it as what JSON has."""
        trees = {each.name: written(getattr(self.trees, each.name)) for each in fields(Trees)}
        return {"columns": self.columns.to_json(), "trees": trees, "base": self.base, "deviation": self.deviation}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> ErrorModel:
        """Read what :meth:`to_json` wrote; an error such as TypeError or ProfileError if it is anything else."""
        trees = Trees(**{each.name: array_of(state["trees"][each.name]) for each in fields(Trees)})
        base, deviation = float(state["base"]), float(state["deviation"])
        model = cls(Columns.from_json(state["columns"]), trees, base, deviation)
        model._errors(np.zeros((1, len(model.columns.names) + 1)))  # what does not fit together fails here
        if not math.isfinite(base) or not deviation >= 0:
            raise ProfileError("got an error model of no finite numbers; fit it again")
        return model

    def _errors(self, matrix: FloatArray) -> FloatArray:
        errors: FloatArray = np.maximum(self.base + self.trees.values_of(matrix).sum(axis=1), 0.0)
        return errors


def of_probabilities(metrics: Sequence[Measured]) -> Iterator[Measured]:
    """Return what calibrated probabilities estimate."""
    return (each for each in metrics if each.metric != "expected_calibration_error")


def matrix_of(rows: Rows) -> FloatArray:
    """Return rows x columns, levels by their places."""
    return np.hstack([rows.numbers, rows.levels])

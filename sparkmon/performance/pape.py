"""What a classifier's performance is expected to be where its calibration moves with the inputs: PAPE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sparkmon.detectors import Columns, Rows, array_of, written
from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.distributions.spread import spread
from sparkmon.errors import MissingExtraError, ProfileError
from sparkmon.performance.estimates import Calibrators, matrix_of, of_probabilities
from sparkmon.performance.metric import Measured
from sparkmon.performance.outcomes import ClassOutcomes

_MOST_ROWS, _MOST_VALUES = 5_000, 1_000_000
_LEAST_ROWS = 300
"""Of fewer live rows, a classifier learns noise: they weigh all held-out rows alike."""
_FOLDS, _TREES, _LEAVES = 5, 50, 15
_GREATEST = 50.0
"""A held-out row stands for at most so many."""


@dataclass(frozen=True, eq=False)
class WeightedCalibrators:
    """Probabilistic adaptive performance estimation (PAPE) of a classifier.

    As CBPE, but the probabilities are calibrated anew for each part of a window: on held-out rows, weighted by how much
    more common rows with such features are now. A classifier that tells held-out rows from live ones says that: of one
    fold of the rows after the other, fitted to the other folds. Needs scikit-learn wherever windows are measured.

    *Assumption*: rows with the same features are as often of each class as they were in the reference. Where features
    move to where the reference has no rows, no weight helps. With fewer than 300 live rows it is CBPE.

    References
    ----------
    .. [1] Białek, Kivimäki, Kuberski, Perrakis: Estimating model performance under covariate shift without labels.
       NeurIPS 2025.
    .. [2] Sugiyama, Suzuki, Kanamori: Density ratio estimation in machine learning. Cambridge 2012, chapter 4.

    Examples
    --------
    Calibrated where ``x`` is 0 and not where it is 1, a model answers 0.8 everywhere. Live rows have ``x`` = 1:

    >>> columns, x = Columns(("x",), (0.0,), {}), np.repeat([[0.0], [1.0]], 500, axis=0)
    >>> scores, labels = np.tile([[0.2, 0.8]], (1000, 1)), np.repeat([1, 0, 1, 0], [400, 100, 250, 250])
    >>> outcomes = ClassOutcomes.of_labels(labels, np.ones(1000, int), scores, 2)
    >>> rows = Rows(x, np.zeros(x.shape, np.int8), np.zeros((1000, 0), np.int64))
    >>> estimator = WeightedCalibrators.fit(columns, rows, outcomes)
    >>> estimator.adapted(rows.take(slice(500, 1000))).expected(np.ones(1, int), scores[:1]).truth[0, 1].round(1)
    np.float64(0.5)
    """

    name: ClassVar[str] = "pape"
    assumption: ClassVar[str] = "rows with the same features are as often right as in the reference"

    columns: Columns
    features: FloatArray
    """Of held-out rows: rows x columns."""
    labels: IntArray
    """The place of each row's class."""
    scores: FloatArray
    """Rows x classes."""

    def __post_init__(self) -> None:
        rows, classes = self.scores.shape
        is_class = self.labels.shape == (rows,) and rows and 0 <= self.labels.min() <= self.labels.max() < classes
        if not is_class or self.features.shape != (rows, len(self.columns.names)):
            raise ProfileError("got held-out rows that do not fit together; fit the estimator again")

    @classmethod
    def fit(cls, columns: Columns, rows: Rows, outcomes: ClassOutcomes) -> WeightedCalibrators:
        """Keep up to 5,000 of the held-out rows, as far from each other as they are many."""
        assert outcomes.scores is not None
        chosen = spread(len(rows), min(_MOST_ROWS, _MOST_VALUES // len(columns.names)))
        return cls(
            columns, matrix_of(rows.take(chosen)), outcomes.truth[chosen].argmax(axis=1), outcomes.scores[chosen]
        )

    def adapted(self, rows: Rows) -> Calibrators:
        """Calibrate for rows like these; MissingExtraError without scikit-learn."""
        live = matrix_of(rows.take(spread(len(rows), _MOST_ROWS)))
        outcomes = ClassOutcomes.of_labels(self.labels, self.labels, self.scores, self.scores.shape[1])
        return Calibrators.fit(outcomes, None if len(live) < _LEAST_ROWS else self._weights(live))

    def _weights(self, live: FloatArray) -> FloatArray:
        """Return how much more common rows like each held-out one are among live ones."""
        try:
            from sklearn.ensemble import HistGradientBoostingClassifier
            from threadpoolctl import threadpool_limits
        except ModuleNotFoundError as error:
            raise MissingExtraError.of("scikit-learn", "explain") from error
        both, is_live = np.vstack([self.features, live]), np.repeat([0, 1], [len(self.features), len(live)])
        # Rows that follow each other may be alike: each fold has some of all times.
        fold = np.random.default_rng(0).permutation(len(both)) % _FOLDS
        odds = np.ones(len(self.features))
        for number in range(_FOLDS):
            own, others = fold[: len(odds)] == number, fold != number
            sizes: dict[str, Any] = {"max_iter": _TREES, "max_leaf_nodes": _LEAVES, "early_stopping": False}
            boosted: Any = HistGradientBoostingClassifier(random_state=0, **sizes)
            with threadpool_limits(
                limits=1
            ):  # threads that wait for each other on a busy machine cost 20 times as much
                share = boosted.fit(both[others], is_live[others]).predict_proba(self.features[own])[:, 1]
            odds[own] = share / np.maximum(1 - share, 1e-9)
        weights: FloatArray = np.clip(odds / odds.mean(), 1 / _GREATEST, _GREATEST)
        return weights

    def chosen(self, metrics: Sequence[Measured], _: int) -> Iterator[Measured]:
        """Return what is an estimate among the metrics of expected rows."""
        return of_probabilities(metrics)

    def to_json(self) -> Mapping[str, Any]:
        """Return it as what JSON has."""
        arrays = {name: written(getattr(self, name)) for name in ("features", "labels", "scores")}
        return {"columns": self.columns.to_json(), **arrays}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> WeightedCalibrators:
        """Read what :meth:`to_json` wrote; an error such as TypeError or ProfileError if it is anything else."""
        arrays = (array_of(state[name]) for name in ("features", "labels", "scores"))
        return cls(Columns.from_json(state["columns"]), *arrays)

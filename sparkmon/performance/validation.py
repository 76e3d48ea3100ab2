"""What a model was like on held-out rows: its answers, metrics and losses, and what estimates it without labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa

from sparkmon.detectors import STATE_FORMAT, Columns, Rows, read_state
from sparkmon.distributions.arrays import IntArray
from sparkmon.errors import OptionError
from sparkmon.performance.answers import AnswerColumns, Answered
from sparkmon.performance.concept import Losses, losses_of
from sparkmon.performance.estimates import Calibrators, ErrorModel
from sparkmon.performance.metric import Measured
from sparkmon.performance.outcomes import ClassOutcomes, NumberOutcomes, Outcomes
from sparkmon.performance.pape import WeightedCalibrators
from sparkmon.performance.performance import Performance
from sparkmon.performance.segments import Segment, Segments, segments_of
from sparkmon.protocol import Cells
from sparkmon.records import Feature

LEAST_ROWS = 100
_MOST_BYTES = 16_000_000
Estimator: TypeAlias = Calibrators | ErrorModel | WeightedCalibrators
"""What estimates the performance of a model."""
_KINDS: Sequence[type[Estimator]] = (Calibrators, ErrorModel, WeightedCalibrators)
_ESTIMATORS = {each.name: each for each in _KINDS}
ClassifierEstimator: TypeAlias = Literal["cbpe", "pape"]


@dataclass(frozen=True, eq=False)
class Validation:
    """The reference of a model's performance."""

    answers: AnswerColumns
    losses: Losses
    metrics: Mapping[tuple[str, int | None], float]
    estimator: Estimator | None
    """None of a classifier that answers without probabilities: nothing can be estimated."""
    segments: Mapping[str, Segments] = field(default_factory=dict)
    """The losses of slices, by their keys."""

    @classmethod
    def fit(
        cls,
        features: Sequence[Feature],
        cells: Cells,
        predictions: Cells,
        labels: pa.Array[Any],
        label: str,
        blocks: Sequence[IntArray] = (),
        slices: Sequence[tuple[str, Any]] = (),
        estimator: ClassifierEstimator = "cbpe",
    ) -> Validation:
        """Learn from rows that the model was not fitted to.

        Parameters
        ----------
        features : sequence of Feature
            The columns of the model's inputs.
        cells, predictions : Cells
            The features and the model's answers, row by row.
        labels : pyarrow.Array of strings
            What came true, as :func:`class_names` writes it; null where that is not known.
        label : str
            The name of its column.
        slices : sequence of pairs, optional
            The keys of slices, and the value of each row as ``sparkmon.slicing.BlockSlices`` gives it.
        blocks : sequence of int arrays, optional
            The rows of each block of time, which say by how much performance varies by itself.
        estimator : str, default "cbpe"
            What estimates the performance of a classifier: ``cbpe``, or ``pape`` where its calibration moves with the
            features.

        Raises
        ------
        OptionError
            There are fewer than 100 rows, or the columns are not those of a classifier or a regression model.
        """
        answers = AnswerColumns.of(predictions, labels, label)
        answered = answers.read(predictions)
        outcomes, both = answers.outcomes(answered, labels)
        if len(outcomes) < LEAST_ROWS:
            raise OptionError(f"got {len(outcomes)} rows with a prediction and a label; expected {LEAST_ROWS} or more")
        places = np.cumsum(both) - 1
        own = [places[block[both[block]]] for block in blocks]
        metrics = {(each.metric, each.place): each.value for each in Performance.of(outcomes).metrics()}
        fitted = _estimator(features, cells.take(np.flatnonzero(both)), outcomes, estimator)
        some: Any = pa.array(np.flatnonzero(both))
        segments = segments_of(losses_of(outcomes), [(key, values.take(some)) for key, values in slices])
        return cls(answers, Losses.of(outcomes, own), metrics, fitted, segments)

    def for_rows(self, blocks: Sequence[Cells]) -> Validation:
        """Return it with what estimates rows like these features, if that depends on them."""
        if not isinstance(self.estimator, WeightedCalibrators) or not blocks:
            return self
        parts = [self.estimator.columns.read(each) for each in blocks]
        numbers, faults, levels = (
            np.concatenate([getattr(each, name) for each in parts]) for name in ("numbers", "faults", "levels")
        )
        return replace(self, estimator=self.estimator.adapted(Rows(numbers, faults, levels)))

    def expected(self, features: Cells, answered: Answered) -> Outcomes | None:
        """Return what is expected to come true of a block's usable rows; None if nothing can be."""
        rows = np.flatnonzero(answered.is_usable)
        predicted = answered.predicted[rows]
        if isinstance(self.estimator, ErrorModel):
            return self.estimator.expected(self.estimator.columns.read(features).take(rows), predicted)
        if self.estimator is None or answered.scores is None:
            return None
        if isinstance(self.estimator, WeightedCalibrators):
            return self.for_rows([features]).expected(features, answered)
        return self.estimator.expected(predicted.astype(np.int64), answered.scores[rows])

    def estimates(self, performance: Performance) -> Iterator[Measured]:
        """Return the metrics that the sums of expected rows are estimates of."""
        assert self.estimator is not None
        return self.estimator.chosen([*performance.metrics()], performance.rows)

    @property
    def needs_features(self) -> bool:
        """Whether an estimate is made of the features, too."""
        return isinstance(self.estimator, ErrorModel | WeightedCalibrators)

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        state = {
            "format": STATE_FORMAT,
            "answers": self.answers.to_json(),
            "losses": self.losses.to_json(),
            "metrics": [[*key, value if np.isfinite(value) else None] for key, value in self.metrics.items()],
            "segments": {key: each.parts for key, each in self.segments.items()},
            "estimator": None if self.estimator is None else [self.estimator.name, self.estimator.to_json()],
        }
        return json.dumps(state).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Validation:
        """Read what :meth:`to_bytes` wrote, or raise ProfileError."""
        return read_state(data, "a validation of a model", _MOST_BYTES, cls._of_state, "make the reference again")

    @classmethod
    def _of_state(cls, state: Mapping[str, Any]) -> Validation:
        metrics = {
            (str(name), None if place is None else int(place)): np.nan if value is None else float(value)
            for name, place, value in state["metrics"]
        }
        stored = state["estimator"]
        estimator = None if stored is None else _ESTIMATORS[stored[0]].from_json(stored[1])
        segments = {
            str(key): Segments({str(value): Segment(*map(float, each)) for value, each in parts.items()})
            for key, parts in state["segments"].items()
        }
        answers, losses = AnswerColumns.from_json(state["answers"]), Losses.from_json(state["losses"])
        return cls(answers, losses, metrics, estimator, segments)


def _estimator(
    features: Sequence[Feature], cells: Cells, outcomes: Outcomes, estimator: ClassifierEstimator
) -> Estimator | None:
    if isinstance(outcomes, NumberOutcomes):
        columns = Columns.of(features, cells)
        return ErrorModel.fit(columns, columns.read(cells), outcomes)
    assert isinstance(outcomes, ClassOutcomes)
    if outcomes.scores is None:
        return None
    if estimator == "cbpe":
        return Calibrators.fit(outcomes)
    columns = Columns.of(features, cells)
    return WeightedCalibrators.fit(columns, columns.read(cells), outcomes)

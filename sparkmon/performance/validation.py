"""What a model was like on held-out rows: its answers, metrics and losses, and what estimates it without labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.detectors import STATE_FORMAT, Columns, read_state
from sparkmon.distributions.arrays import IntArray
from sparkmon.errors import OptionError
from sparkmon.performance.answers import AnswerColumns, Answered
from sparkmon.performance.concept import Losses, losses_of
from sparkmon.performance.estimates import Calibrators, ErrorModel, Estimator
from sparkmon.performance.metric import Measured
from sparkmon.performance.outcomes import ClassOutcomes, NumberOutcomes, Outcomes
from sparkmon.performance.performance import Performance
from sparkmon.performance.segments import Segment, Segments, segments_of
from sparkmon.protocol import Cells
from sparkmon.records import Feature

LEAST_ROWS = 100
_MOST_BYTES = 16_000_000
_ESTIMATORS: Mapping[str, type[Calibrators] | type[ErrorModel]] = {
    each.name: each for each in (Calibrators, ErrorModel)
}


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
        estimator = _estimator(features, cells.take(np.flatnonzero(both)), outcomes)
        some: Any = pa.array(np.flatnonzero(both))
        segments = segments_of(losses_of(outcomes), [(key, values.take(some)) for key, values in slices])
        return cls(answers, Losses.of(outcomes, own), metrics, estimator, segments)

    def expected(self, features: Cells, answered: Answered) -> Outcomes | None:
        """Return what is expected to come true of a block's usable rows; None if nothing can be."""
        rows = np.flatnonzero(answered.is_usable)
        predicted = answered.predicted[rows]
        if isinstance(self.estimator, ErrorModel):
            return self.estimator.expected(self.estimator.columns.read(features).take(rows), predicted)
        if self.estimator is None or answered.scores is None:
            return None
        return self.estimator.expected(predicted.astype(np.int64), answered.scores[rows])

    def estimates(self, performance: Performance) -> Iterator[Measured]:
        """Return the metrics that the sums of expected rows are estimates of."""
        assert self.estimator is not None
        return self.estimator.chosen([*performance.metrics()], performance.rows)

    @property
    def needs_features(self) -> bool:
        """Whether an estimate is made of the features, too."""
        return isinstance(self.estimator, ErrorModel)

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


def _estimator(features: Sequence[Feature], cells: Cells, outcomes: Outcomes) -> Estimator | None:
    if isinstance(outcomes, NumberOutcomes):
        columns = Columns.of(features, cells)
        return ErrorModel.fit(columns, columns.read(cells), outcomes)
    assert isinstance(outcomes, ClassOutcomes)
    return None if outcomes.scores is None else Calibrators.fit(outcomes)

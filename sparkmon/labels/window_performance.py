"""A window of a model measured: the sums of its rows by version and slice, of labels or of what is expected."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.adversaries import SCORE_BINS, Feedback
from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.labels.answered_rows import answer_blocks, values_of
from sparkmon.labels.label_source import LabelSource
from sparkmon.labels.label_table import LabelTable
from sparkmon.performance import Answered, CusumPart, Performance, Segment, Validation, losses_of
from sparkmon.performance.outcomes import NumberOutcomes, Outcomes
from sparkmon.protocol import RowBlock
from sparkmon.slicing import BlockSlices

Slice = tuple[str | None, str | None]
WHOLE: Slice = (None, None)
COUNTED = ("duplicate", "contradicted", "early")
"""Labels that are counted: those that came twice, with different values, or before their prediction."""


@dataclass(eq=False)
class Measured:
    """What the rows of one version of a model add up to."""

    sums: dict[Slice, Performance] = field(default_factory=dict)
    predictions: Counter[Slice] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    losses: dict[Slice, Segment] = field(default_factory=dict)
    """The rows and the sum of the losses of each slice."""
    evidence: CusumPart = CusumPart(0.0, 0.0, 0.0, 0.0)  # noqa: RUF009 - frozen
    wrong: float = 0.0
    """How many rows with labels are wrong; of numbers, have an error that four in five of the held-out rows do not."""
    feedback: Feedback = field(default_factory=Feedback)
    """What labels each client's rows got."""
    expected: Performance | None = None
    """What was expected of the rows with labels; None if nothing was."""

    def expect(self, outcomes: Outcomes) -> None:
        """Add what was expected of rows with labels."""
        sums = Performance.of(outcomes)
        self.expected = sums if self.expected is None else self.expected.plus(sums)

    def add(self, outcomes: Outcomes, key: Slice) -> None:
        """Add rows of a slice."""
        rows, loss = self.losses.get(key, Segment(0, 0))
        self.losses[key] = Segment(rows + len(outcomes), loss + float(losses_of(outcomes).sum()))
        if len(outcomes) or key == WHOLE:  # that nothing has a label is worth a row, too
            performance = Performance.of(outcomes)
            self.sums[key] = self.sums[key].plus(performance) if key in self.sums else performance


@dataclass(frozen=True, eq=False)
class WindowMeter:
    """Measures windows of one model."""

    validation: Validation
    slices: BlockSlices | None

    def of_labels(self, parts: Iterable[pa.Table], labels: LabelTable, source: LabelSource) -> dict[str, Measured]:
        """Measure the rows of a window that have labels, by model version."""
        measured: defaultdict[str, Measured] = defaultdict(Measured)
        for part in parts:
            joined = labels.join(_keys(part, source), part["event_time"])
            losses = np.full(part.num_rows, np.nan)
            owner = np.full(part.num_rows, -1)
            versions: dict[str, int] = {}
            blocks = [*answer_blocks(part)]
            estimates = self._estimates_of(blocks)
            for block in blocks:
                own = measured[block.model_version]
                at: Any = pa.array(block.event)
                answered = self.validation.answers.read(block.predictions)  # type: ignore[arg-type]
                outcomes, both = self.validation.answers.outcomes(answered, joined.labels.take(at))
                own.counts.update(
                    duplicate=int(joined.is_duplicate[block.event].sum()),
                    contradicted=int(joined.is_contradicted[block.event].sum()),
                    early=int(joined.is_early[block.event].sum()),
                )
                expected = _expected(estimates, block, answered)
                if expected is not None:
                    own.expect(expected.take(np.flatnonzero(both[answered.is_usable])))
                rows = block.event[both]
                losses[rows] = losses_of(outcomes)
                owner[rows] = versions.setdefault(block.model_version, len(versions))
                if part["client"].null_count < part.num_rows:
                    labelled: Any = pa.array(rows)
                    own.feedback.add(part["client"].combine_chunks().take(labelled), *_binned(outcomes))
                self._add(own, block, outcomes, np.flatnonzero(both), answered.is_usable)
            for version, place in versions.items():
                own, some = measured[version], losses[owner == place]
                own.evidence = own.evidence.then(self.validation.losses.part(some))
                own.wrong += float((some > self.validation.losses.large).sum())
        return dict(measured)

    def of_expected(self, parts: Iterable[pa.Table]) -> dict[str, Measured]:
        """Measure what is expected of the rows of a window, by model version."""
        measured: defaultdict[str, Measured] = defaultdict(Measured)
        for part in parts:
            blocks = [*answer_blocks(part)]
            estimates = self._estimates_of(blocks)
            for block in blocks:
                assert block.predictions is not None
                answered = self.validation.answers.read(block.predictions)
                own, outcomes = measured[block.model_version], _expected(estimates, block, answered)
                if outcomes is not None:
                    self._add(own, block, outcomes, np.flatnonzero(answered.is_usable), answered.is_usable)
        return dict(measured)

    def _estimates_of(self, blocks: Sequence[RowBlock]) -> Validation:
        return self.validation.for_rows([each.features for each in blocks if each.features is not None])

    def _add(self, own: Measured, block: RowBlock, outcomes: Outcomes, rows: IntArray, usable: Any) -> None:  # noqa: ANN401
        """Add the outcomes of some rows of a block to the whole, and to its slices."""
        own.predictions[WHOLE] += int(usable.sum())
        own.add(outcomes, WHOLE)
        for key, values in [] if self.slices is None else self.slices.of(block):
            encoded: Any = values
            codes: FloatArray = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            names = encoded.dictionary.to_pylist()
            for code in np.unique(codes[codes >= 0]).tolist():
                own.predictions[key, names[code]] += int((usable & (codes == code)).sum())
                own.add(outcomes.take(np.flatnonzero(codes[rows] == code)), (key, names[code]))


def _expected(validation: Validation, block: RowBlock, answered: Answered) -> Outcomes | None:
    """Return what is expected of a block's usable rows; None if nothing can be."""
    cells = block.features if validation.needs_features else block.predictions
    return None if cells is None else validation.expected(cells, answered)


def _binned(outcomes: Outcomes) -> tuple[IntArray, Any]:
    """Return the score bin of each row, and whether its label is positive.

    Of two classes it is the score of the second, and whether that is the label; of more, the greatest score, and
    whether it was right; of numbers, whether the label is above what was predicted.
    """
    if isinstance(outcomes, NumberOutcomes):
        return np.zeros(len(outcomes), np.int64), outcomes.truth > outcomes.predicted
    labels, classes = outcomes.truth.argmax(1), outcomes.truth.shape[1]
    is_positive = labels == 1 if classes == 2 else labels == outcomes.predicted
    if outcomes.scores is None:
        return np.minimum(outcomes.predicted, SCORE_BINS - 1), is_positive
    scores = outcomes.scores[:, 1] if classes == 2 else outcomes.scores.max(1)
    return np.minimum((scores * SCORE_BINS).astype(np.int64), SCORE_BINS - 1), is_positive


def _keys(part: pa.Table, source: LabelSource) -> dict[str, Any]:
    """Return the columns by which labels are joined; a request of several rows has none without their places."""
    if source.entities:
        return {name: values_of(part, name) for name in source.entities}
    ids, events, instance = (part[name].combine_chunks() for name in ("request_id", "event_id", "instance"))
    further = pc.greater(instance, pa.scalar(0, instance.type))
    if not source.instance and pc.any(further).as_py():
        ids = pc.if_else(pc.is_in(events, value_set=events.filter(further)), None, ids)
    return {"request_id": ids, "instance": instance}


def versions_of(measured: dict[str, Measured]) -> Iterator[tuple[str, Measured]]:
    """Return the versions that have rows, in order."""
    return ((version, measured[version]) for version in sorted(measured) if WHOLE in measured[version].sums)

"""What a window of a model says: whether the model got worse, whether the data moved, and the findings that alert."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, TypeAlias

from sparkmon.adversaries import Shift
from sparkmon.comparison import Finding, attack_finding
from sparkmon.comparison.finding import LOOKS
from sparkmon.labels.window_performance import WHOLE, Measured
from sparkmon.performance import (
    BROKEN,
    ConceptTests,
    Effect,
    Measured as Metric,
    Segment,
    Segments,
    Validation,
    adaptive_change,
)
from sparkmon.performance.segments import REST

LEAST_COVERAGE = 0.8
LEAST_LABELLED = 30
KIND = "performance"
"""The kind of the columns of these findings."""

Verdict: TypeAlias = Literal["model fine", "model worse", "data moved, model fine", "both", "labels too few to say"]
MOST_NAMED = 5
"""Columns that a sentence names."""


@dataclass(frozen=True, eq=False)
class JudgedWindow:
    """A window of one version of a model, measured by labels or by what is expected."""

    model: str
    model_version: str
    start: datetime
    end: datetime
    validation: Validation
    tests: ConceptTests
    measured: Measured
    basis: str
    moved: Sequence[str] = ()
    """The columns of the window that drift."""
    before: float = 0.0
    """The sum over the windows before."""
    rows_per_window: float = 0.0
    groups: Sequence[str] = ()
    """The slices whose values are compared with each other."""
    history: Sequence[Segment] | None = None
    """The windows before, which it is compared with; None if it is not to be."""
    poisoned: Sequence[Shift] = ()
    """Clients whose labels have changed, and those of others have not."""

    @property
    def name(self) -> str:
        """The metric of the verdict."""
        return "accuracy_score" if self.validation.answers.task == "classification" else "mean_absolute_error"

    @cached_property
    def metric(self) -> Metric:
        """Its value."""
        whole = self.measured.sums[WHOLE]
        metrics = whole.metrics() if self.basis == "labels" else self.validation.estimates(whole)
        return next(each for each in metrics if each.metric == self.name)

    @cached_property
    def estimate(self) -> float | None:
        """What was expected of the metric before the labels came, of the rows that have one."""
        expected = self.measured.expected
        if self.basis != "labels" or expected is None or not expected.rows:
            return None
        return next(each.value for each in self.validation.estimates(expected) if each.metric == self.name)

    @property
    def rows(self) -> int:
        """The rows with labels, or with what is expected."""
        return self.measured.sums[WHOLE].rows

    @property
    def coverage(self) -> float:
        """The share of the usable answers that have a label."""
        return self.rows / max(1, self.measured.predictions[WHOLE])

    @property
    def loss(self) -> float:
        """The mean loss."""
        return self.measured.losses[WHOLE].loss / self.rows if self.rows else math.nan

    @property
    def has_enough(self) -> bool:
        """Whether there are enough labels to judge by."""
        return self.rows >= LEAST_LABELLED and (self.basis != "labels" or self.coverage >= LEAST_COVERAGE)

    @property
    def limit(self) -> float:
        """What the sum over windows has to exceed."""
        return self.validation.losses.limit(self.tests.windows * max(self.rows_per_window, 1.0))

    @property
    def verdict(self) -> Verdict:
        """In a word."""
        if not self.has_enough:
            return "labels too few to say"
        tests = [self._of_window(), self._of_sum(), *([] if self.history is None else [self._of_history(self.history)])]
        if any(each["status"] == "drift" for each in tests):
            return "both" if self.moved else "model worse"
        return "data moved, model fine" if self.moved else "model fine"

    @cached_property
    def effects(self) -> dict[str, list[Effect]]:
        """By the key of slices, what each slice adds to the change of the mean loss, the greatest first."""
        whole, effects = self.measured.losses[WHOLE], {}
        for key, before in self.validation.segments.items():
            parts = {str(value): each for (own, value), each in self.measured.losses.items() if own == key}
            if whole.rows:
                effects[key] = Segments.of(parts, whole).effects(before)
        return effects

    def _where(self) -> str:
        """Say in which slice most of a greater loss is, if it is in one."""
        growth = self.loss - self.validation.losses.mean
        firsts = [(each[0], key) for key, each in self.effects.items()]
        effect, key = max(firsts, key=lambda each: each[0].total, default=(Effect("", 0, 0), ""))
        rows = self.measured.losses.get((key, effect.value), Segment(0, 0)).rows
        # Half of it, and more than such rows would have if all were as much worse.
        if growth <= 0 or effect.total < growth * max(0.5, 1.25 * rows / self.rows) or effect.value == REST:
            return ""
        how = "of which there are more" if effect.mix > effect.rate else "which the model gets wrong more than before"
        return f", {min(effect.total / growth, 1):.0%} of that by rows with {key} = {effect.value}, {how}"

    def findings(self) -> Iterator[dict[str, Any]]:
        """Return rows of ``drift_metrics``."""
        yield self._of_window()
        if self.basis == "labels":
            yield self._of_sum()
            if self.history is not None:
                yield self._of_history(self.history)
            if self.estimate is not None and self.has_enough:
                yield self._of_estimate(self.estimate)
            yield from map(self._of_client, self.poisoned)

    def _of_window(self) -> dict[str, Any]:
        if not self.has_enough:
            return self._finding(self.name, "loss_z", None, self.tests.z_limit, False, self._words(False))
        strength = self.tests.strength(self.validation.losses, self.loss, self.rows)
        is_worse = strength > self.tests.z_limit and self.validation.losses.is_relevant(self.loss)
        statistic = "loss_z" if self.basis == "labels" else self.basis
        return self._finding(self.name, statistic, strength, self.tests.z_limit, is_worse, self._words(is_worse))

    def _of_sum(self) -> dict[str, Any]:
        if not self.has_enough:
            return self._finding(self.name, "loss_cusum", None, self.limit, False, self._words(False))
        peak = self.measured.evidence.peak(self.before)
        return self._finding(
            self.name, "loss_cusum", peak, self.limit, peak > self.limit, self._words(peak > self.limit)
        )

    def _of_history(self, history: Sequence[Segment]) -> dict[str, Any]:
        """Compare with the windows before, without a reference."""
        if not self.has_enough:
            return self._finding(self.name, "loss_adwin", None, 1.0, False, self._words(False))
        change = adaptive_change([*history, Segment(self.rows, self.measured.wrong)], 1 / self.tests.windows)
        is_worse = change.strength > 1 and change.after > change.before
        words = f"{LOOKS}a model that got worse: {change.after:.1%} of the rows are wrong, {change.before:.1%} before"
        return self._finding(self.name, "loss_adwin", change.strength, 1.0, is_worse, words if is_worse else "")

    def _of_estimate(self, estimate: float) -> dict[str, Any]:
        """Compare what was expected with what came true."""
        assert self.validation.estimator is not None
        metric, losses = self.metric, self.validation.losses
        gap = abs(estimate - metric.value)
        distance = losses.distance(gap, self.rows)
        is_broken = distance > BROKEN and losses.is_relevant(losses.mean + gap)
        estimator = self.validation.estimator
        words = (
            f"{LOOKS}a concept that changed: {estimator.name} expected {self.name} {estimate:.3g} before labels came, "
            f"and it is {_value(metric)}, so that its assumption does not hold: {estimator.assumption}"
        )
        name = f"estimate of {self.name}"
        return self._finding(name, "estimate_z", distance, BROKEN, is_broken, words if is_broken else "")

    def _of_client(self, shift: Shift) -> dict[str, Any]:
        window = (self.model, self.model_version, self.start, self.end)
        before = "" if shift.before is None else f", {shift.before:+.0%} before"
        changed = (
            "changed, and those of others did not" if shift.is_change else "are unlike those of others all the time"
        )
        words = (
            f"labels of its {shift.rows:,} rows {changed}: with the same scores "
            f"{abs(shift.difference):.0%} {'more' if shift.difference > 0 else 'fewer'} of them are positive than of "
            f"others'{before}; like poisoned feedback"
            f"{'' if shift.is_change else ', or a client whose labels mean something else'}"
        )
        return attack_finding(window, shift.client, shift.rows, "feedback_z", shift.z, shift.limit, words)

    def _words(self, is_worse: bool) -> str:
        if not self.has_enough:
            return f"labels too few to say: {self.rows:,} rows have one, {self.coverage:.0%}"
        metric, key = self.metric, (self.name, None)
        reference = self.validation.metrics[key]
        figures = f"{self.name} {_value(metric)} where held-out rows had {reference:.3g}"
        named = f"{', '.join(self.moved[:MOST_NAMED])}{' and others' if len(self.moved) > MOST_NAMED else ''}"
        if self.basis != "labels":
            assert self.validation.estimator is not None
            figures = f"{figures}, estimated by {self.basis}, which assumes that {self.validation.estimator.assumption}"
        if not is_worse:
            return f"data moved ({named}) and the model is fine: {figures}" if self.moved else ""
        data = f"the data moved, too: {named}" if self.moved else "no column of the data moved"
        return f"{LOOKS}a model that got worse: {figures}{self._where()}, and {data}"

    def _finding(
        self, column: str, statistic: str, value: float | None, threshold: float, is_drift: bool, reason: str
    ) -> dict[str, Any]:
        status = "too_few_rows" if not self.has_enough else "drift" if is_drift else "ok"
        prefix = "" if self.basis == "labels" else "estimated "
        finding: Mapping[str, Any] = {
            "model": self.model,
            "model_version": self.model_version,
            "window_start": self.start,
            "window_end": self.end,
            "slice_key": None,
            "slice_value": None,
            "column_name": f"{prefix}{column}",
            "column_kind": KIND,
            "drift_type": "BASELINE",
            "reference": "validation",
            "data_type": "numeric",
            "statistic": statistic,
            "value": value,
            "threshold": threshold,
            "limit": threshold,
            "reference_count": self.validation.losses.rows,
            "current_count": self.rows,
            "status": status,
            "reason": reason,
            "confirmed": True if status == "drift" else None,
            "causes": {"related_columns": [each.partition(" (")[0] for each in self.moved]} if is_drift else None,
        }
        return {**finding, "explanation": Finding.of(finding).explain()}


def _value(metric: Metric) -> str:
    return f"{metric.value:.3g} ({metric.low:.3g} to {metric.high:.3g})"

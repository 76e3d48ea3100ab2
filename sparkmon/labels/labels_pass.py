"""One pass over closed windows: what is expected of new ones, and what labels say of those whose horizon has passed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.adversaries import WINDOWS_BEFORE, Feedback, Shift
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.labels.answered_rows import answered_rows
from sparkmon.labels.label_source import LabelSource, OpenLabels
from sparkmon.labels.label_table import LabelTable
from sparkmon.labels.metric_rows import metric_rows
from sparkmon.labels.schema import PERFORMANCE
from sparkmon.labels.verdict import MOST_NAMED, JudgedWindow
from sparkmon.labels.window_performance import COUNTED, WHOLE, Measured, WindowMeter, versions_of
from sparkmon.performance import ConceptTests, CusumPart, Segment, Validation
from sparkmon.slicing import BlockSlices
from sparkmon.tables import TableWriter

_LOGGER = logging.getLogger(__name__)
_RECENT = 100
"""The rows of an average window are those of the last so many."""


_WRONG = 4
"""The place of the number of wrong rows in what a window adds to the sum; tables of before lack it."""
_MOST_WINDOWS = 500
"""Windows that one is compared with, without a reference."""


class _Closed(NamedTuple):
    start: datetime
    end: datetime
    rows: int


class _Recorded(NamedTuple):
    """What the table has of a window, a version of the model and a basis."""

    value: float | None
    labelled: int
    predictions: int
    counts: tuple[int, ...]
    """Labels that came twice, with different values, or too early."""
    version: int
    evidence: Sequence[float] | None


_Key = tuple[datetime, str, str]
"""The end of a window, the version of the model, and the basis."""


@dataclass(frozen=True, eq=False)
class LabelsPass:
    """Measures the windows of models that have labels.

    What a pass writes, in this order: alerts, findings and metrics. If it is cut off, the next one repeats it, and what
    was written is not written again.
    """

    tables: TableWriter
    sources: Mapping[str, LabelSource]
    validations: Mapping[str, Validation]
    tests: ConceptTests
    length: timedelta
    """Of the windows that are measured."""
    slices: BlockSlices | None
    process: Callable[[pa.Table], object]
    """Takes findings, as :meth:`sparkmon.AlertManager.process` does."""
    spark: Any = None

    def run(self, now: datetime) -> list[JudgedWindow]:
        """Measure what there is to measure; return it."""
        self.tables.prepare("drift_metrics", DRIFT_METRICS)  # an earlier version may have made it
        judged: list[JudgedWindow] = []
        rows: list[dict[str, Any]] = []
        for model, source in sorted(self.sources.items()):
            validation = self.validations.get(model)
            if validation is None:
                _LOGGER.warning("%s has no validation: sparkmon profile --label makes one of held-out rows", model)
                continue
            one = _Model(self, model, validation, source.open(self.spark), now)
            for window, version in one.judged():
                judged.append(window)
                rows += metric_rows(window, version, now)
        if judged:
            judged.sort(key=lambda each: each.end)
            findings = pa.Table.from_pylist([row for each in judged for row in each.findings()], schema=DRIFT_METRICS)
            # Passes over other models may write to the same tables.
            writer = " ".join(["labels", *sorted(self.sources)])
            batch = (self.tables.last_batch("performance", writer) or 0) + 1
            self.process(findings)
            self.tables.append(findings, "drift_metrics", writer=writer, batch_id=batch)
            metrics = pa.Table.from_pylist(rows, schema=PERFORMANCE)
            self.tables.append(metrics, "performance", writer=writer, batch_id=batch)
        return judged


class _Model:
    """The windows of one model in one pass."""

    def __init__(
        self, parent: LabelsPass, model: str, validation: Validation, labels: OpenLabels, now: datetime
    ) -> None:
        self._parent, self._model, self._validation = parent, model, validation
        self._labels, self._now = labels, now
        self._meter = WindowMeter(validation, parent.slices)
        self._closed = self._read_closed()
        self._recorded = self._read_recorded()

    def judged(self) -> Iterator[tuple[JudgedWindow, int]]:
        """Measure windows in the order of their ends; give each with its version in the table."""
        yield from self._of_expected()
        yield from self._of_labels()

    def _of_expected(self) -> Iterator[tuple[JudgedWindow, int]]:
        estimator = self._validation.estimator
        recorded = {end for end, _, basis in self._recorded if basis != "labels"}
        if estimator is None:
            return
        for window in self._closed:
            if window.end not in recorded:
                for version, measured in versions_of(self._meter.of_expected(self._rows(window))):
                    judged = self._window(window, version, measured, estimator.name, 0.0)
                    key = window.end, version, estimator.name
                    self._recorded[key] = _Recorded(judged.metric.value, judged.rows, judged.rows, (0, 0, 0), 1, None)
                    yield judged, 1

    def _of_labels(self) -> Iterator[tuple[JudgedWindow, int]]:
        source = self._labels.source
        last = self._now - source.horizon
        # Those whose time for revisions is over are looked at again only if they never were judged.
        judged_ends = {end for end, _, basis in self._recorded if basis == "labels"}
        due = [
            each
            for each in self._closed
            if each.end <= last and (each.end > last - source.revise_for or each.end not in judged_ends)
        ]
        label = source.label or self._validation.answers.label
        # Those before tell what the labels of a client were.
        first = self._closed[max(0, self._closed.index(due[0]) - WINDOWS_BEFORE)].start if due else None
        read = None if first is None else self._labels.read(label, first)
        if read is None:
            return
        table = LabelTable(read, label, source)
        for window in due:
            for version, measured in versions_of(self._meter.of_labels(self._rows(window), table, source)):
                before = self._sum_before(window.end, version)
                judged = self._window(window, version, measured, "labels", before)
                judged = replace(judged, poisoned=self._poisoned(window, version, measured.feedback, table))
                counts = tuple(measured.counts[name] for name in COUNTED)
                key = window.end, version, "labels"
                value = judged.metric.value if judged.rows else None
                usable = measured.predictions[WHOLE]
                evidence = (*astuple(measured.evidence), measured.wrong)
                new = _Recorded(value, judged.rows, usable, counts, 1, evidence)
                old = self._recorded.get(key)
                # Of a window whose first rows have expired, what it was says more.
                if old is None or (new[:4] != old[:4] and usable >= old.predictions):
                    new = new._replace(version=1 if old is None else old.version + 1)
                    self._recorded[key] = new
                    yield judged, new.version

    def _poisoned(self, window: _Closed, version: str, feedback: Feedback, table: LabelTable) -> list[Shift]:
        """Return the clients whose labels are unlike those of others, and were not before."""
        clients = feedback.unlike_others()
        if not clients:
            return []
        at, before = self._closed.index(window), Feedback()
        for each in self._closed[max(0, at - WINDOWS_BEFORE) : at]:
            measured = self._meter.of_labels(self._rows(each), table, self._labels.source)
            before = before.plus(measured[version].feedback) if version in measured else before
        return feedback.shifts(before, clients)

    def _rows(self, window: _Closed) -> Iterator[pa.Table]:
        tables, needs = self._parent.tables, self._validation.needs_features or self._labels.source.entities
        with_requests = bool(needs or self._parent.slices)
        return answered_rows(tables, self._model, window.start, window.end, window.rows, with_requests=with_requests)

    def _window(self, window: _Closed, version: str, measured: Measured, basis: str, before: float) -> JudgedWindow:
        return JudgedWindow(
            self._model,
            version,
            window.start,
            window.end,
            self._validation,
            self._parent.tests,
            measured,
            basis,
            self._moved(window, version),
            before,
            self._rows_per_window,
            self._labels.source.groups,
            self._history(window.end, version) if self._labels.source.reference_free and basis == "labels" else None,
        )

    @property
    def _rows_per_window(self) -> float:
        return median([each.rows for each in self._closed[-_RECENT:]]) if self._closed else 0.0

    def _sum_before(self, end: datetime, version: str) -> float:
        """Add up the windows before."""
        limit = 2 * self._validation.losses.limit(self._parent.tests.windows * max(self._rows_per_window, 1.0))
        total = 0.0
        for (each, own, basis), recorded in sorted(self._recorded.items(), key=lambda item: item[0][0]):
            if each < end and own == version and basis == "labels" and recorded.evidence:
                total = min(CusumPart(*recorded.evidence[:4]).after(total), limit)
        return total

    def _history(self, end: datetime, version: str) -> list[Segment]:
        """Return the rows of the windows before, and how many of them are wrong."""
        windows = sorted(
            (each, recorded)
            for (each, own, basis), recorded in self._recorded.items()
            if each < end and own == version and basis == "labels" and len(recorded.evidence or ()) > _WRONG
        )
        return [Segment(each.labelled, each.evidence[_WRONG]) for _, each in windows[-_MOST_WINDOWS:] if each.evidence]

    def _moved(self, window: _Closed, version: str) -> list[str]:
        """Return the columns of a window that drift, the strongest first."""
        where = [("model", "=", self._model), ("window_start", "=", window.start), ("status", "=", "drift")]
        names = [
            *("model_version", "window_end", "slice_key", "column_name", "column_kind", "confirmed", "value", "limit"),
            "cause",
        ]
        read = self._parent.tables.read("drift_metrics", names, where)
        strengths: dict[str, float] = {}
        causes: dict[str, str] = {}
        for row in [] if read is None else read.to_pylist():
            is_it = row["window_end"] == window.end and row["model_version"] == version and row["slice_key"] is None
            if is_it and row["column_kind"] in ("feature", "joint") and row["confirmed"] is not False and row["limit"]:
                strength = abs(row["value"]) / row["limit"]
                strengths[row["column_name"]] = max(strength, strengths.get(row["column_name"], 0.0))
                causes[row["column_name"]] = f" ({row['cause'].split('; ')[0]})" if row["cause"] else ""
        names = sorted(strengths, key=lambda name: -strengths[name])
        return [name + (causes[name] if at < MOST_NAMED else "") for at, name in enumerate(names)]

    def _read_closed(self) -> list[_Closed]:
        names = ["window_start", "window_end", "requests", "responses"]
        read = self._parent.tables.read("closed_windows", names, [("model", "=", self._model)])
        rows = [] if read is None else read.sort_by("window_end").to_pylist()
        closed = [_Closed(row["window_start"], row["window_end"], row["responses"]) for row in rows]
        return [each for each in closed if each.rows and each.end - each.start == self._parent.length]

    def _read_recorded(self) -> dict[_Key, _Recorded]:
        names = [
            *("window_end", "model_version", "slice_key", "basis", "value", "labelled_count", "version", "evidence"),
            "prediction_count",
            *(f"{name}_labels" for name in COUNTED),
            "verdict",
        ]
        read = self._parent.tables.read("performance", names, [("model", "=", self._model)])
        recorded: dict[_Key, _Recorded] = {}
        # The row of the verdict stands for its window.
        rows = [] if read is None else read.filter(pc.is_valid(read["verdict"])).sort_by("version").to_pylist()
        for row in rows:
            counts = tuple(row[f"{name}_labels"] or 0 for name in COUNTED)
            key = row["window_end"], row["model_version"], row["basis"]
            recorded[key] = _Recorded(
                row["value"], row["labelled_count"], row["prediction_count"], counts, row["version"], row["evidence"]
            )
        return recorded

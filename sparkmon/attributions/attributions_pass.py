"""One pass over models: the newest closed window of each is explained, by asking the model within its budget."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.attributions.baseline import AttributionBaseline
from sparkmon.attributions.cells_as_sent import as_sent
from sparkmon.attributions.model_endpoint import ModelEndpoint
from sparkmon.attributions.sample import Sample
from sparkmon.attributions.schema import ATTRIBUTIONS
from sparkmon.comparison import Finding
from sparkmon.comparison.finding import LOOKS
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import StoreError
from sparkmon.explain import attribution_distances
from sparkmon.interval import to_micros
from sparkmon.labels import answer_blocks, answered_rows
from sparkmon.tables import TableWriter

_LOGGER = logging.getLogger(__name__)
KIND = "attributions"
"""The kind of the column of these findings."""
_COLUMN = "attributions"
BASE = ":base"
"""The column of the mean answer for the background."""
_LEAST_ROWS = 30
_NAMED = 3


@dataclass(frozen=True)
class _Window:
    model: str
    start: datetime
    end: datetime
    rows: int


@dataclass(frozen=True, eq=False)
class AttributionsPass:
    """Explains windows of models.

    Only the newest window of ``length`` is explained, so that a model that is slow or was down is not asked for all
    that it has missed. Before the model is asked, the table says so: a window is never asked for twice, and the rows
    that a model is asked for never exceed what the table has.
    """

    tables: TableWriter
    endpoints: Mapping[str, ModelEndpoint]
    baselines: Mapping[str, AttributionBaseline]
    length: timedelta
    process: Callable[[pa.Table], object]
    """Takes findings, as :meth:`sparkmon.AlertManager.process` does."""

    def run(self, now: datetime) -> list[dict[str, Any]]:
        """Explain what there is to explain; return the rows of ``attributions`` that were written."""
        for name, schema in (("attributions", ATTRIBUTIONS), ("drift_metrics", DRIFT_METRICS)):
            self.tables.prepare(name, schema)
        rows: list[dict[str, Any]] = []
        for window in self._due():
            rows += self._explain(window, now)
        return rows

    def _due(self) -> Iterator[_Window]:
        """Return the newest window of each model, unless it was asked for."""
        names = ["model", "window_start", "window_end", "responses"]
        for model in sorted(self.endpoints.keys() & self.baselines.keys()):
            read = self.tables.read("closed_windows", names, [("model", "=", model)])
            rows = [] if read is None else read.to_pylist()
            rows = [row for row in rows if row["window_end"] - row["window_start"] == self.length and row["responses"]]
            if not rows:
                continue
            last = max(rows, key=lambda row: row["window_end"])
            end = last["window_end"]
            explained = self.tables.read(
                "attributions", ["window_end"], [("model", "=", model), ("window_end", ">=", end)]
            )
            if explained is None or not explained.num_rows:
                yield _Window(model, last["window_start"], end, last["responses"])

    def _explain(self, window: _Window, now: datetime) -> list[dict[str, Any]]:
        endpoint, baseline = self.endpoints[window.model], self.baselines[window.model]
        sample = self._sample(window, baseline)
        if sample is None or len(sample.rows) < _LEAST_ROWS:
            return []
        permutations = baseline.size[1]
        asked_rows = endpoint.rows_asked(len(sample.rows), len(baseline.features), permutations)
        common = dict.fromkeys(ATTRIBUTIONS.names) | {
            "model": window.model,
            "model_version": "",
            "window_start": window.start,
            "window_end": window.end,
            "explained_rows": len(sample.rows),
            "asked_rows": asked_rows,
            "created_time": now,
        }
        self._write([common | {"status": "asked"}])
        generator = np.random.default_rng(to_micros(window.end))
        try:
            with endpoint.open(window.model, baseline.features, baseline.key) as opened:
                explained = opened.attributions(sample.rows, baseline.background, permutations, generator)
        except StoreError as error:
            _LOGGER.warning("could not explain a window of %s: %s", window.model, error)
            return self._write([common | {"status": "failed"}])
        importances = sample.weights @ np.abs(explained.phi)
        means = sample.weights @ explained.phi
        names = [each.name for each in baseline.features]
        columns = (importances, baseline.importances, means, baseline.means)
        figures = zip(names, *(each.tolist() for each in columns), strict=True)
        features = [common | dict(zip(_FIGURES, each, strict=True)) | {"status": "ok"} for each in figures]
        base = float(sample.weights @ explained.bases)
        features.append(
            common | dict(zip(_FIGURES, (BASE, None, None, base, baseline.base), strict=True)) | {"status": "ok"}
        )
        findings = pa.Table.from_pylist(
            [*_findings(window, baseline, importances, len(sample.rows))], schema=DRIFT_METRICS
        )
        self.process(findings)
        self.tables.append(findings, "drift_metrics")
        return self._write(features)

    def _sample(self, window: _Window, baseline: AttributionBaseline) -> Sample | None:
        """Choose the rows of a window; None if it has none with an answer."""
        output = self.endpoints[window.model].output
        most = baseline.size[0]
        samples = []
        for part in answered_rows(self.tables, window.model, window.start, window.end, window.rows):
            ids = [
                f"{event} {place}"
                for event, place in zip(*(part[name].to_pylist() for name in ("event_id", "instance")), strict=True)
            ]
            for block in answer_blocks(part):
                if block.features is None or block.predictions is None:
                    continue
                names = block.predictions.names
                scores = block.predictions.numbers[:, names.index(output) if output in names else -1]
                at = np.flatnonzero(np.isfinite(scores))
                own = [ids[event] for event in block.event[at].tolist()]
                rows = as_sent(block.features.take(at), baseline.features)
                samples.append(Sample.of(own, scores[at], rows, baseline.edges, most))
        return reduce(Sample.merge, samples).within(most) if samples else None

    def _write(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.tables.append(pa.Table.from_pylist(rows, schema=ATTRIBUTIONS), "attributions")
        return rows


_FIGURES = ("column_name", "importance", "reference_importance", "mean_attribution", "reference_mean_attribution")


def _findings(
    window: _Window, baseline: AttributionBaseline, importances: FloatArray, rows: int
) -> Iterator[dict[str, Any]]:
    """Return rows of ``drift_metrics``: a drift where importances are further from the baseline's than by chance."""
    names = [each.name for each in baseline.features]
    order = np.argsort(-np.abs(importances - baseline.importances), kind="stable").tolist()
    changes = [f"{names[at]} {baseline.importances[at]:.3g} to {importances[at]:.3g}" for at in order[:_NAMED]]
    for name, value in attribution_distances(baseline.importances, importances).items():
        limit = baseline.limits[name]
        # Of ndcg, less is further; it is shown as how far it is below 1.
        value, limit = (1 - value, 1 - limit) if name == "ndcg" else (value, limit)
        is_drift = value > limit and rows >= baseline.size[0] // 2
        finding: dict[str, Any] = {
            "model": window.model,
            "model_version": "",
            "window_start": window.start,
            "window_end": window.end,
            "column_name": _COLUMN,
            "column_kind": KIND,
            "drift_type": "BASELINE",
            "reference": "attributions",
            "data_type": "numeric",
            "statistic": f"attribution_{name}",
            "value": value,
            "threshold": limit,
            "limit": limit,
            "reference_count": 2 * baseline.size[0],
            "current_count": rows,
            "status": "drift" if is_drift else "ok",
            "confirmed": True if is_drift else None,
            "reason": f"{LOOKS}a model that relies on other features: {', '.join(changes)}" if is_drift else "",
            "causes": {"related_columns": [names[at] for at in order]} if is_drift else None,
        }
        yield finding | {"explanation": Finding.of(finding).explain()}

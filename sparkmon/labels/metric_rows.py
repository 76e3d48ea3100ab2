"""A measured window as rows of the table ``performance``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from datetime import datetime
from typing import Any

from sparkmon.labels.verdict import JudgedWindow
from sparkmon.labels.window_performance import COUNTED, WHOLE


def metric_rows(window: JudgedWindow, version: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Return the rows of ``performance`` of a window."""
    measured, validation = window.measured, window.validation
    for (key, value), performance in measured.sums.items():
        metrics = performance.metrics() if window.basis == "labels" else validation.estimates(performance)
        predictions = measured.predictions[key, value]
        labelled = performance.rows if window.basis == "labels" else 0
        for each in metrics:
            is_verdict = each.metric == window.name and (key, value) == WHOLE
            row = {
                "model": window.model,
                "model_version": window.model_version,
                "window_start": window.start,
                "window_end": window.end,
                "slice_key": key,
                "slice_value": value,
                "metric": each.metric,
                "class": None if each.place is None else validation.answers.classes[each.place],
                "basis": window.basis,
                "value": each.value,
                "low": each.low,
                "high": each.high,
                "bin_error": each.error,
                "reference_value": None if key else validation.metrics.get((each.metric, each.place)),
                "prediction_count": predictions,
                "labelled_count": labelled,
                "coverage": labelled / predictions if window.basis == "labels" and predictions else None,
                "version": version,
                "created_time": now,
            }
            if each.metric == window.name and key is not None and window.basis == "labels":
                effects = {own.value: own for own in window.effects.get(key, ())}
                if value in effects:
                    row |= {"mix_effect": effects[value].mix, "rate_effect": effects[value].rate}
            if is_verdict:
                row |= {"verdict": window.verdict, "estimate": window.estimate}
                if window.basis == "labels":
                    row["evidence"] = [*astuple(measured.evidence)]
            if window.basis == "labels" and (key, value) == WHOLE:
                for name in COUNTED:
                    row[f"{name}_labels"] = measured.counts[name]
            yield {name: None if isinstance(cell, float) and cell != cell else cell for name, cell in row.items()}

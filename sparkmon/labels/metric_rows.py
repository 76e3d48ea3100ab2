"""A measured window as rows of the table ``performance``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple
from datetime import datetime
from typing import Any

from sparkmon.distributions.arrays import FloatArray
from sparkmon.labels.verdict import JudgedWindow
from sparkmon.labels.window_performance import COUNTED, WHOLE, Measured
from sparkmon.performance import Measured as Metric, fairness


def metric_rows(window: JudgedWindow, version: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Return the rows of ``performance`` of a window."""
    measured, validation = window.measured, window.validation
    common = {
        "model": window.model,
        "model_version": window.model_version,
        "window_start": window.start,
        "window_end": window.end,
        "basis": window.basis,
        "version": version,
        "created_time": now,
    }
    for (key, value), performance in measured.sums.items():
        metrics = performance.metrics() if window.basis == "labels" else validation.estimates(performance)
        predictions = measured.predictions[key, value]
        labelled = performance.rows if window.basis == "labels" else 0
        for each in metrics:
            is_verdict = each.metric == window.name and (key, value) == WHOLE
            row = common | {
                **_figures(each),
                "slice_key": key,
                "slice_value": value,
                "class": None if each.place is None else validation.answers.classes[each.place],
                "reference_value": None if key else validation.metrics.get((each.metric, each.place)),
                "prediction_count": predictions,
                "labelled_count": labelled,
                "coverage": labelled / predictions if window.basis == "labels" and predictions else None,
            }
            if each.metric == window.name and key is not None and window.basis == "labels":
                effects = {own.value: own for own in window.effects.get(key, ())}
                if value in effects:
                    row |= {"mix_effect": effects[value].mix, "rate_effect": effects[value].rate}
            if is_verdict:
                row |= {"verdict": window.verdict, "estimate": window.estimate}
                if window.basis == "labels":
                    row["evidence"] = [*astuple(measured.evidence), measured.wrong]
            if window.basis == "labels" and (key, value) == WHOLE:
                for name in COUNTED:
                    row[f"{name}_labels"] = measured.counts[name]
            yield row
    yield from _of_groups(window, common)


def _of_groups(window: JudgedWindow, common: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    counts = {"prediction_count": window.measured.predictions[WHOLE], "labelled_count": 0}
    if window.basis == "labels":
        counts["labelled_count"] = window.rows
    for key in window.groups:
        for each in fairness(_confusions(window.measured, key)):
            yield {**common, **_figures(each), **counts, "slice_key": key}


def _confusions(measured: Measured, key: str) -> dict[str, FloatArray]:
    """Return the confusion matrix of each value of a slice."""
    return {
        str(value): performance.sums["confusion"]
        for (own, value), performance in measured.sums.items()
        if own == key and "confusion" in performance.sums
    }


def _figures(measured: Metric) -> dict[str, Any]:
    figures = {"value": measured.value, "low": measured.low, "high": measured.high, "bin_error": measured.error}
    return {"metric": measured.metric} | {name: None if each != each else each for name, each in figures.items()}

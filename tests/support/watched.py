"""The tables of a monitor that has watched models for some hours, made without Spark by what the monitor is made of."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.alerts import Alerting, AlertManager
from sparkmon.attributions.schema import ATTRIBUTIONS
from sparkmon.comparison import Checks, Judge
from sparkmon.detectors.schema import OUTLIERS
from sparkmon.distributions.schema import PROFILES, REFERENCES
from sparkmon.labels.schema import PERFORMANCE
from sparkmon.protocol import DEAD_LETTERS, ROWS
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.tables import Tables, TableWriter
from tests.support.ledger import Ledger
from tests.support.panes import HOUR, panes_of, reference_table

__all__ = ["FAULT_WINDOW", "HOSTILE", "WINDOWS", "Watched", "watch"]

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202egnp\n' + "x" * 300
"""The name of a model, and of a column of it."""
WINDOWS, FAULT_WINDOW, _ROWS = 12, 8, 600


class Watched:
    """Where tables and references are, and when the last window ended."""

    def __init__(self, place: Path, end: datetime) -> None:
        self.place, self.end = place, end
        self.tables, self.store = f"{place}/tables", f"{place}/store"

    def open(self) -> TableWriter:
        """Open the tables."""
        return Tables(self.tables).open()


def watch(place: Path, models: Mapping[str, str] | None = None, *, end: datetime | None = None) -> Watched:
    """Make the tables of models, each with a column that shifts in the window ``FAULT_WINDOW``; by default of two."""
    models = models or {"flights": "temp", HOSTILE: HOSTILE}
    end = end or datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    start, random = end - WINDOWS * HOUR, np.random.default_rng(5)
    watched = Watched(place, end)
    tables, references = watched.open(), []
    columns = {model: ("humid", column) for model, column in models.items()}
    for model, names in columns.items():
        references.append(reference_table(model, {name: random.normal(60, 8, 20_000) for name in names}))
    Tables(watched.store).open().append(pa.concat_tables(references).cast(REFERENCES), "references")
    judge = Judge(pa.concat_tables(references), Checks(), step_s=3600, lengths=["1 hour"])
    manager = AlertManager(Alerting([Ledger(name="webhook")]))
    manager.open(tables)
    earlier = None
    for at in range(WINDOWS):
        first, shift = start + at * HOUR, 30.0 * (at >= FAULT_WINDOW)
        panes = [
            panes_of(
                model, first, {names[0]: random.normal(60, 8, _ROWS), names[1]: random.normal(60 - shift, 8, _ROWS)}
            )
            for model, names in columns.items()
        ]
        profiles = pa.concat_tables(panes).select(PROFILES.names).cast(PROFILES)
        findings = judge.findings(profiles, earlier)
        earlier = findings if earlier is None else pa.concat_tables([earlier, findings])
        tables.append(profiles, "profiles")
        tables.append(findings, "drift_metrics")
        manager.process(findings, dict.fromkeys(columns, first + HOUR), writer="q")
        rows = [_closed(model, first, at) for model in columns]
        tables.append(pa.Table.from_pylist(rows, CLOSED_WINDOWS), "closed_windows")
    manager.close(drain=True)
    tables.append(pa.Table.from_pylist([_outlier(model, end) for model in columns], OUTLIERS), "outliers")
    letters = [
        _dead_letter(model, end, payload) for model in columns for payload in (b"\xff\xfe\x00", HOSTILE.encode())
    ]
    tables.append(pa.Table.from_pylist(letters, DEAD_LETTERS), "dead_letters")
    tables.append(pa.Table.from_pylist([_row(model, end, at) for model in columns for at in (1, 2)], ROWS), "rows")
    measured = [_measured(model, end - at * HOUR, 0.9 - 0.1 * at) for model in columns for at in (0, 1)]
    tables.append(pa.Table.from_pylist(measured, PERFORMANCE), "performance")
    explained = [
        _explained(model, end - at * HOUR, name) for model, names in columns.items() for at in (0, 1) for name in names
    ]
    tables.append(pa.Table.from_pylist(explained, ATTRIBUTIONS), "attributions")
    return watched


def _row(model: str, end: datetime, at: int) -> dict[str, Any]:
    texts = dict.fromkeys(("model_version", "namespace", "component", "endpoint", "source", "kind"), "")
    named = {"event_type": "request", "event_id": f"e-{at}", "request_id": f"r-{at}", "client": HOSTILE}
    features = {HOSTILE: {"number": 1e9, "text": None}, "carrier": {"number": None, "text": HOSTILE}}
    values = {"instance": 0, "event_time": end - at * timedelta(minutes=10), "features": features}
    return {"model": model, **texts, **named, **values, "predictions": {"late": {"number": 0.25, "text": None}}}


def _explained(model: str, end: datetime, column: str) -> dict[str, Any]:
    times = {"window_start": end - HOUR, "window_end": end, "created_time": end}
    numbers = {"importance": 0.1 if column == "humid" else 0.3, "reference_importance": 0.2, "mean_attribution": -0.1}
    return {"model": model, "model_version": "", "column_name": column, "status": "ok", **times, **numbers}


def _measured(model: str, end: datetime, value: float) -> dict[str, Any]:
    times = {"window_start": end - HOUR, "window_end": end, "created_time": end}
    counts = {"prediction_count": 600, "labelled_count": 540, "coverage": 0.9, "version": 0}
    texts = {
        "model": model,
        "model_version": "",
        "metric": "accuracy_score",
        "basis": "labels",
        "verdict": "model worse",
    }
    numbers = {"value": value, "low": value - 0.05, "high": value + 0.05, "reference_value": 0.91, "estimate": 0.88}
    return {**times, **counts, **texts, **numbers}


def _closed(model: str, start: datetime, batch: int) -> dict[str, Any]:
    counts = {"requests": _ROWS, "responses": _ROWS - 1, "query_id": "q", "batch_id": batch}
    times = {"window_start": start, "window_end": start + HOUR, "closed_time": start + HOUR + timedelta(seconds=20)}
    return {"model": model, **counts, **times}


def _outlier(model: str, end: datetime) -> dict[str, Any]:
    cause = {"column_name": HOSTILE, "value": "1e9", "typical": "52 to 68", "share": 0.93}
    numbers = {"instance": 0, "severity": 99.99, "p_value": 0.0001, "excess": 3.2}
    times = {"window_start": end - HOUR, "window_end": end, "event_time": end - HOUR / 2}
    texts = {"model": model, "model_version": "", "event_id": "e-1", "detector": "marginal", "reason": "temp is 1e9"}
    return {**texts, **numbers, **times, "columns": [cause]}


def _dead_letter(model: str, end: datetime, payload: bytes) -> dict[str, Any]:
    texts = dict.fromkeys(("namespace", "component", "event_id", "event_type", "source"), HOSTILE)
    about = {"condition": "SPARKMON_PROTOCOL", "reason": HOSTILE, "payload": payload}
    return {"model": model, **texts, **about, "event_time": end - HOUR / 2}

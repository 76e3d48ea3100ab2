"""What the last window of each model says, in few numbers, for metrics."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.comparison import OVER, excess
from sparkmon.health import Verdicts

_MOST_COLUMNS = 20
"""Columns of a model that a metric has: those that are furthest beyond what is allowed."""
_KINDS = ("feature", "prediction", "joint", "row_flag")
_COLUMN = ("model", "window_end", "column_name")


def last_verdicts(findings: pa.Table) -> dict[str, Verdicts]:
    """Return the verdicts on the last of some windows of each model; slices are not in them."""
    of_columns = pc.is_in(findings["column_kind"], value_set=pa.array(_KINDS))
    whole = findings.filter(pc.and_(of_columns, pc.is_null(findings["slice_key"])))
    is_refuted = pc.is_in(whole["confirmed"], value_set=pa.array([False]))
    is_drift = pc.and_not(pc.is_in(whole["status"], value_set=pa.array(OVER)), is_refuted)
    strength = pa.array(np.nan_to_num(excess(whole), nan=-1.0, posinf=np.inf))
    columns: Any = whole.select(_COLUMN).append_column("strength", strength).append_column("is_drift", is_drift)
    strongest = columns.group_by(_COLUMN).aggregate([("strength", "max"), ("is_drift", "max")])
    by_model: dict[str, dict[Any, list[dict[str, Any]]]] = {}
    for row in strongest.to_pylist():
        by_model.setdefault(row["model"], {}).setdefault(row["window_end"], []).append(row)
    return {model: _verdicts(windows[max(windows)]) for model, windows in by_model.items()}


def _verdicts(columns: list[dict[str, Any]]) -> Verdicts:
    judged = [(row["column_name"], row["strength_max"]) for row in columns if row["strength_max"] >= 0]
    judged.sort(key=lambda each: (-each[1], each[0]))
    return Verdicts(sum(row["is_drift_max"] for row in columns), dict(judged[:_MOST_COLUMNS]))

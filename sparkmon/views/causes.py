"""What lies behind the drifts of a window: its columns, what matters first at the top."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkmon.comparison import BEYOND
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.views.source import Source, conditions, rows_of


@dataclass(frozen=True, slots=True)
class ColumnCause:
    """A column that drifts in a window."""

    column_name: str
    column_kind: str
    words: str
    causes: Mapping[str, Any]
    """As data: ``sparkmon.explain.CAUSES``."""


def causes_of(
    source: Source, model: str, window_end: datetime, *, version: str = "", slice: tuple[str | None, str | None]
) -> tuple[ColumnCause, ...]:
    """Return the columns of a window and slice that drift from the training data, in the order of their ranks.

    Those without a rank, of which no summary says what happened, are not among them.
    """
    where = conditions(model=model, window_end=window_end, model_version=version)
    columns: dict[tuple[str, str], ColumnCause] = {}
    for row in rows_of(source, "drift_metrics", DRIFT_METRICS, where).to_pylist():
        is_it = row["status"] in BEYOND and (row["slice_key"], row["slice_value"]) == slice
        if is_it and row["drift_type"] == "BASELINE" and (row["causes"] or {}).get("rank"):
            one = ColumnCause(row["column_name"], row["column_kind"], row["cause"] or "", row["causes"])
            columns.setdefault((one.column_kind, one.column_name), one)
    return tuple(sorted(columns.values(), key=lambda each: each.causes["rank"]))

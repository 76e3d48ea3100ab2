"""Clients that attack a model, window by window."""

from dataclasses import dataclass
from datetime import datetime

from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.views.source import Source, conditions, rows_of


@dataclass(frozen=True, slots=True)
class AttackWindow:
    """What one window shows of one client."""

    client: str
    window_start: datetime
    window_end: datetime
    status: str
    rows: int
    reason: str


def attacks_of(source: Source, model: str, *, since: datetime | None = None) -> list[AttackWindow]:
    """Return the windows of the clients that were judged, by client and time."""
    where = conditions(model=model, column_kind="client", since=since)
    rows = rows_of(source, "drift_metrics", DRIFT_METRICS, where)
    ordered = rows.sort_by([("slice_value", "ascending"), ("window_end", "ascending")]).to_pylist()
    names = ("window_start", "window_end", "status", "reason")
    return [
        AttackWindow(
            client=row["slice_value"] or "", rows=row["current_count"] or 0, **{name: row[name] for name in names}
        )
        for row in ordered
    ]

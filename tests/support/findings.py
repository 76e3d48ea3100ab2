"""Findings as tests make them: a drift of one column in one hour, changed."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa

from sparkmon.comparison.schema import DRIFT_METRICS

__all__ = ["FINDING", "HOUR", "NOON", "ORIGIN", "findings", "hour"]

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
ORIGIN = {"slice_key": "origin", "slice_value": "JFK"}
FINDING: dict[str, Any] = {
    "model": "taxi",
    "model_version": "2",
    "window_start": NOON,
    "window_end": NOON + HOUR,
    "slice_key": None,
    "slice_value": None,
    "column_name": "distance",
    "column_kind": "feature",
    "drift_type": "BASELINE",
    "reference": "training",
    "data_type": "numeric",
    "statistic": "ks",
    "value": 0.5,
    "threshold": 0.1,
    "noise": 0.01,
    "sketch_error": 0.0,
    "reference_count": 12000,
    "current_count": 3000,
    "status": "drift",
    "reason": "because",
}


def hour(at: int, **changes: object) -> dict[str, Any]:
    """Return the changes of a finding in the hour that begins ``at`` hours after noon."""
    start = NOON + at * HOUR
    return {"window_start": start, "window_end": start + HOUR, **changes}


def findings(*changes: dict[str, Any]) -> pa.Table:
    """Make one finding of each set of changes."""
    return pa.Table.from_pylist([FINDING | change for change in changes], schema=DRIFT_METRICS)

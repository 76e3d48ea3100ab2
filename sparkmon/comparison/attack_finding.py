"""A finding that a client attacks a model."""

from datetime import datetime
from typing import Any

from sparkmon.comparison.finding import Finding
from sparkmon.distributions.schema import CLIENTS


def attack_finding(
    window: tuple[str, str, datetime, datetime],
    client: str,
    rows: int,
    statistic: str,
    value: float,
    threshold: float,
    reason: str,
) -> dict[str, Any]:
    """Return it as a row of ``drift_metrics``; ``window`` has the model, its version, and where it begins and ends."""
    model, version, start, end = window
    finding = {
        "model": model,
        "model_version": version,
        "window_start": start,
        "window_end": end,
        "slice_key": "client",
        "slice_value": client,
        "column_name": CLIENTS,
        "column_kind": "client",
        "drift_type": "LIMIT",
        "reference": "",
        "data_type": "numeric",
        "statistic": statistic,
        "value": value,
        "threshold": threshold,
        "limit": threshold,
        "current_count": rows,
        "status": "over_limit",
        "reason": reason,
    }
    return finding | {"explanation": Finding.of(finding).explain()}

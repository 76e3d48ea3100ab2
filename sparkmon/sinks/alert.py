"""One alert as a record: a row of the ``alerts`` table, as a sink sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

__all__ = ["Alert", "Severity", "State"]

Severity: TypeAlias = Literal["info", "warning", "critical"]
State: TypeAlias = Literal["fired", "ongoing", "resolved", "provisional"]
"""``fired``: what was fine is not any more. ``ongoing``: it still is not. ``resolved``: it is fine again.
``provisional``: it is not fine in a window that is still open."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told of one column of one model in one window.

    Texts in it come from outside: a sink escapes them for its medium.
    """

    alert_id: str
    """Of this incident in this window and state: the same at every delivery."""
    incident_id: str
    """Of the trouble: the same from the window in which it is fired to the one in which it is resolved."""
    model: str
    model_version: str
    window_start: datetime | None
    window_end: datetime | None
    slice_key: str | None
    """None where the alert is about the whole table."""
    slice_value: str | None
    column_name: str
    column_kind: str
    drift_type: str
    reference: str
    statistic: str
    value: float | None
    threshold: float | None
    reference_count: int | None
    """None where a rate is over its limit: nothing was compared with."""
    current_count: int | None
    severity: Severity
    state: State
    fired_time: datetime
    message: str

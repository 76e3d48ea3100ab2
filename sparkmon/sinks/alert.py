"""One alert: a row of the table ``alerts`` as a sink gets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["info", "warning", "critical"]
State: TypeAlias = Literal["firing", "resolved", "provisional"]
"""``firing``: the column drifts. ``resolved``: it is ok again. ``provisional``: it drifts in a window
that is still open."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One column of one model in one window.

    Its texts are untrusted: a sink escapes them for its medium.
    """

    alert_id: str
    """Identifies the incident in this window: the same at every delivery."""
    incident_id: str
    """Identifies the incident: the same from the window in which it starts firing to the one in which it resolves."""
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
    """None for a rate with a limit: it has no reference."""
    current_count: int | None
    severity: Severity
    state: State
    fired_time: datetime
    message: str
    is_repeat: bool = False
    """Whether the incident has been notified as firing before: a reminder or an escalation."""

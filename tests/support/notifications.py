"""Notifications to deliver."""

from dataclasses import replace
from datetime import datetime, timezone

from sparkmon.sinks import Alert, Notification

__all__ = ["HOSTILE", "NOON", "alert", "notification"]

NOON = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
HOSTILE = "temp\r\nBcc: all@example.com\n*bold* [a](http://evil.example) <!channel> <b>&amp; \x1b[31m\u202e"
"""A name with what media take for more than text."""

_ALERT = Alert(
    alert_id="a1",
    incident_id="i1",
    model="flights",
    model_version="2",
    window_start=NOON.replace(hour=11),
    window_end=NOON,
    slice_key=None,
    slice_value=None,
    column_name="temp",
    column_kind="feature",
    drift_type="BASELINE",
    reference="training",
    statistic="psi",
    value=0.61,
    threshold=0.25,
    reference_count=4000,
    current_count=2000,
    severity="warning",
    state="firing",
    fired_time=NOON,
    message="temp of the model flights drifted from training: psi 0.61 exceeds its threshold 0.25",
)


def alert(**changes: object) -> Alert:
    """Make an alert of a drift of ``temp``, with changes."""
    return replace(_ALERT, **changes)  # type: ignore[arg-type]  # the caller names fields


def notification(*alerts: Alert, count: int | None = None, identity: str = "n1") -> Notification:
    """Make a notification of alerts; of one drift without any."""
    told = alerts or (alert(),)
    first = told[0]
    return Notification(
        identity,
        first.state,
        first.severity,
        first.model,
        first.model_version,
        first.window_start,
        first.window_end,
        len(told) if count is None else count,
        told,
        NOON,
    )

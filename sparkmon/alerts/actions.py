"""What people have said of alerts: that some are silenced for a while, that one is being seen to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sparkmon.alerts.matcher import Matcher
from sparkmon.sinks import Severity

__all__ = ["Acknowledgement", "Actions", "Silence"]


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts of which nothing is told from ``start_time`` until ``end_time``."""

    silence_id: str
    matcher: Matcher
    start_time: datetime
    end_time: datetime


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody sees to an incident: no reminders until it is resolved."""

    incident_id: str
    time: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Actions:
    """All of them."""

    silences: tuple[Silence, ...] = ()
    acknowledgements: Mapping[str, Acknowledgement] = field(default_factory=dict)
    """The last of each incident."""

    def silence_of(
        self, alert: Mapping[str, Any], severity: Severity, now: datetime
    ) -> Silence | None:
        """Return a silence that holds now for an alert, the one that ends last; None where there is none."""
        holding = [
            each
            for each in self.silences
            if each.start_time <= now < each.end_time and each.matcher.matches(alert, severity)
        ]
        return max(holding, key=lambda each: each.end_time, default=None)

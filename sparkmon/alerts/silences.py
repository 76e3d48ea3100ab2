"""Silences: alerts that match one send no notification while it lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkmon.alerts.matcher import Matcher
from sparkmon.sinks import Severity


@dataclass(frozen=True, slots=True)
class Silence:
    """Mutes the alerts that match from ``start_time`` until ``end_time``."""

    silence_id: str
    matcher: Matcher
    start_time: datetime
    end_time: datetime


@dataclass(frozen=True, slots=True)
class Silences:
    """All silences on record, active or not."""

    silences: tuple[Silence, ...] = ()

    def active(self, alert: Mapping[str, Any], severity: Severity, now: datetime) -> Silence | None:
        """Return the silence that mutes an alert now, the one that ends last; None if there is none."""
        matching = [
            each
            for each in self.silences
            if each.start_time <= now < each.end_time and each.matcher.matches(alert, severity)
        ]
        return max(matching, key=lambda each: each.end_time, default=None)

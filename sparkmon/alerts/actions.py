"""People's actions on alerts: silences and acknowledgements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sparkmon.alerts.matcher import Matcher
from sparkmon.sinks import Severity


@dataclass(frozen=True, slots=True)
class Silence:
    """Mutes the alerts that match from ``start_time`` until ``end_time``."""

    silence_id: str
    matcher: Matcher
    start_time: datetime
    end_time: datetime

    def mutes(self, alert: Mapping[str, Any], severity: Severity, now: datetime) -> bool:
        """Return whether an alert sends no notification now."""
        is_active = self.start_time <= now < self.end_time
        return is_active and self.matcher.matches(alert, severity)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Stops the reminders of an incident until it resolves or escalates."""

    incident_id: str
    time: datetime
    by: str


Silences: TypeAlias = tuple[Silence, ...]
"""All silences on record, active or not."""
Acknowledgements: TypeAlias = Mapping[str, Acknowledgement]
"""The last acknowledgement of each incident, by the incident's id."""

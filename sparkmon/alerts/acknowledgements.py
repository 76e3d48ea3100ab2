"""Acknowledgements: somebody handles an incident, so that reminders of it stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Stops the reminders of an incident until it resolves or escalates."""

    incident_id: str
    time: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Acknowledgements:
    """The last acknowledgement of each incident, by the incident's id."""

    by_incident: Mapping[str, Acknowledgement] = field(default_factory=dict)

    def covers(self, incident_id: str, opened_time: datetime | None) -> bool:
        """Return whether an incident was acknowledged after it opened."""
        last = self.by_incident.get(incident_id)
        return last is not None and (opened_time is None or last.time >= opened_time)

"""The alert manager's state between batches: the incidents, and the number of recent notifications."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sparkmon.alerts.incident import Incident, Observation

__all__ = ["IncidentStates"]


class IncidentStates:
    """Incidents by their ids, each with its last row of ``alerts``.

    Parameters
    ----------
    incidents : mapping of str to (Incident, row)
        The incidents on record.
    recent : iterable of (datetime, collection of str)
        When recent notifications were decided on, and their sinks.
    """

    def __init__(
        self,
        incidents: Mapping[str, tuple[Incident, Mapping[str, Any]]],
        recent: Iterable[tuple[datetime, Collection[str]]],
    ) -> None:
        self.incidents = {each: incident for each, (incident, _) in incidents.items()}
        self._rows = {each: row for each, (_, row) in incidents.items()}
        self._recent = deque(recent)

    def unsettled(self) -> list[str]:
        """Return the ids of the incidents that are open, or whose recovery was not notified yet."""
        return [each for each, incident in self.incidents.items() if not incident.is_settled]

    def open_incidents(self) -> Counter[tuple[str, str]]:
        """Count the open incidents by model and severity."""
        return Counter(
            (str(self._rows[each]["model"]), str(self._rows[each]["severity"]))
            for each, incident in self.incidents.items()
            if incident.is_open
        )

    def update(self, incident_id: str, incident: Incident, row: Mapping[str, Any]) -> None:
        """Set the state of an incident."""
        self.incidents[incident_id], self._rows[incident_id] = incident, row

    def count_notification(self, time: datetime, sinks: Collection[str]) -> None:
        """Count a notification to these sinks."""
        self._recent.append((time, sinks))

    def sent_since(self, time: datetime) -> Counter[str]:
        """Count the notifications since then by sink, and drop the older ones."""
        self._recent = deque(each for each in self._recent if each[0] >= time)
        return Counter(name for _, sinks in self._recent for name in sinks)

    def stale(
        self, end: datetime, resolve_timeout: timedelta, observations: Iterable[Observation]
    ) -> list[Observation]:
        """Return an observation of each incident that no window has shown for ``resolve_timeout``.

        Parameters
        ----------
        end : datetime
            The end of the last window.
        resolve_timeout : timedelta
            See :class:`sparkmon.Policy`.
        observations : iterable of Observation
            Those of the current batch.
        """
        current = {each.incident_id for each in observations}
        return [
            _stale(self._rows[identity], incident.last_end or end, end)
            for identity, incident in self.incidents.items()
            if identity not in current
            and incident.is_stale(end, resolve_timeout)
            and self._rows[identity]["drift_type"] != "HEALTH"  # it does not depend on traffic
        ]


def _stale(row: Mapping[str, Any], last_end: datetime, end: datetime) -> Observation:
    subject = f"{row['column_name']} of the model {row['model']}"
    identity = "\x1f".join((row["incident_id"], "stale", end.isoformat()))
    alert = {
        **row,
        "alert_id": hashlib.sha256(identity.encode()).hexdigest(),
        "window_start": last_end,
        "window_end": end,
        "message": f"{subject} has not been judged since {last_end:%Y-%m-%d %H:%M} UTC: "
        "it has no traffic, or too little",
    }
    return Observation(
        row["incident_id"], "stale", row["severity"], last_end, end, False, (), alert
    )

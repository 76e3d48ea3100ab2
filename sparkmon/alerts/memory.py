"""What an alert desk remembers between batches: the incidents, and how many notifications went lately."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sparkmon.alerts.incident import Incident, Observation

__all__ = ["Memory"]


class Memory:
    """Incidents by their ids, each with the row that tells of it last.

    Parameters
    ----------
    incidents : mapping of str to (Incident, row)
        What is on record.
    sent : iterable of (datetime, collection of str)
        When notifications were decided on lately, and for which sinks.
    """

    def __init__(
        self,
        incidents: Mapping[str, tuple[Incident, Mapping[str, Any]]],
        sent: Iterable[tuple[datetime, Collection[str]]],
    ) -> None:
        self.incidents = {each: incident for each, (incident, _) in incidents.items()}
        self._rows = {each: row for each, (_, row) in incidents.items()}
        self._sent = deque(sent)

    def unsettled(self) -> list[str]:
        """Return the ids of the incidents that are open, or of which people do not know that they are not."""
        return [each for each, incident in self.incidents.items() if not incident.is_settled]

    def open_incidents(self) -> Counter[tuple[str, str]]:
        """Count the incidents that are open, by model and severity."""
        return Counter(
            (str(self._rows[each]["model"]), str(self._rows[each]["severity"]))
            for each, incident in self.incidents.items()
            if incident.is_open
        )

    def keep(self, incident_id: str, incident: Incident, row: Mapping[str, Any]) -> None:
        """Remember what an incident is from now on."""
        self.incidents[incident_id], self._rows[incident_id] = incident, row

    def note(self, time: datetime, sinks: Collection[str]) -> None:
        """Remember that a notification went to these sinks."""
        self._sent.append((time, sinks))

    def sent_since(self, time: datetime) -> Counter[str]:
        """Count the notifications since then by sink; those before are forgotten."""
        self._sent = deque(each for each in self._sent if each[0] >= time)
        return Counter(name for _, sinks in self._sent for name in sinks)

    def gone(
        self, end: datetime, forget_after: timedelta, seen: Iterable[Observation]
    ) -> list[Observation]:
        """Find the incidents of which nothing is said any more.

        Parameters
        ----------
        end : datetime
            The end of the last window.
        forget_after : timedelta
            How long nothing must have been said.
        seen : iterable of Observation
            What is said now.
        """
        named = {each.incident_id for each in seen}
        return [
            _no_traffic(self._rows[identity], incident.last_end or end, end)
            for identity, incident in self.incidents.items()
            if identity not in named
            and incident.is_silent_since(end, forget_after)
            and self._rows[identity]["drift_type"] != "HEALTH"  # no traffic bears on it
        ]


def _no_traffic(row: Mapping[str, Any], last_end: datetime, end: datetime) -> Observation:
    said = f"{row['column_name']} of the model {row['model']} has not been judged"
    identity = "\x1f".join((row["incident_id"], "gone", end.isoformat()))
    alert = {
        **row,
        "alert_id": hashlib.sha256(identity.encode()).hexdigest(),
        "window_start": last_end,
        "window_end": end,
        "message": f"{said} since {last_end:%Y-%m-%d %H:%M} UTC: it has no traffic, or too little",
    }
    return Observation(row["incident_id"], "gone", row["severity"], last_end, end, False, (), alert)

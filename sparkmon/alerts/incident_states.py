"""The alert manager's state between batches: the incidents, and the number of recent notifications."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sparkmon.alerts.decide import RATE_LIMITED
from sparkmon.alerts.incident import Incident, Observation, digest
from sparkmon.alerts.policy import Policy
from sparkmon.alerts.rows import incident_of

PERFORMANCE = "performance"
"""The kind of the columns that labels judge."""
_TICK = timedelta(microseconds=1)


class Sent(NamedTuple):
    """When a notification was decided on, whether it is critical, and its sinks."""

    time: datetime
    is_critical: bool
    sinks: Collection[str]


class IncidentStates:
    """Incidents by their ids, and the alerts on open windows.

    ``rows`` is the last row of ``alerts`` of each incident of this monitor that is not settled; ``recent`` are the
    notifications that count against the rate limit. From ``now`` on, the windows of models are awaited.
    """

    def __init__(
        self,
        incidents: Mapping[str, Incident],
        rows: Mapping[str, Mapping[str, Any]],
        recent: Iterable[Sent],
        now: datetime,
    ) -> None:
        self.incidents, self._rows = {**incidents}, {**rows}
        self._recent, self._start = deque(recent), now
        self._active: dict[str, datetime] = {}
        self._ended: set[str] = set()
        self.provisional: dict[str, dict[str, datetime]] = {}
        """By model: the ids of the alerts on windows that were open then, and the ends of the windows."""

    def go_on_waiting(self, before: "IncidentStates") -> None:
        """Await the windows of models since when they were awaited before."""
        self._active, self._start = before._active, before._start

    def take_over(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """End the incidents of monitors that have ended, the last row of each: nobody makes their checks any more."""
        for identity, row in rows.items():
            before = self.incidents.get(identity)
            if before is None or before.last_end is None or row["window_end"] >= before.last_end:
                self.incidents[identity], self._rows[identity] = incident_of(row), row
                self._ended.add(identity)

    def after_last(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a health check's row that is later than the last one, even if the clock was set back in between."""
        incident = self.incidents.get(row["incident_id"])
        if incident is None or incident.last_end is None or row["window_end"] > incident.last_end:
            return row
        return {**row, "window_end": incident.last_end + _TICK}

    def unsettled(self) -> list[str]:
        """Return the ids of the incidents that are open, or whose recovery was not notified yet."""
        return [*self._rows]

    def open_incidents(self) -> Counter[tuple[str, str]]:
        """Count the open incidents by model and severity."""
        return Counter(
            (str(row["model"]), str(row["severity"]))
            for each, row in self._rows.items()
            if self.incidents[each].is_open
        )

    def has_provisional(self, observation: Observation) -> bool:
        """Return whether an observation of an open window is on record."""
        ids = self.provisional.get(observation.alert["model"], {})
        return observation.provisional and observation.alert["alert_id"] in ids

    def update(self, row: Mapping[str, Any]) -> None:
        """Take over a decision, the row of ``alerts`` with the incident after it."""
        if row["state"] == "provisional":
            self.provisional.setdefault(row["model"], {})[row["alert_id"]] = row["window_end"]
            return
        incident_id, incident = row["incident_id"], incident_of(row)
        self._ended.discard(incident_id)
        self.incidents[incident_id], self._rows[incident_id] = incident, row
        if incident.is_settled:
            del self._rows[incident_id]

    def close_windows(self, ends: Mapping[str, datetime], now: datetime) -> None:
        """Note the end of the last closed window of each model, and drop the alerts on windows that were open."""
        self._active |= dict.fromkeys(ends, now)
        for model in self.provisional.keys() & ends.keys():
            self.provisional[model] = {each: end for each, end in self.provisional[model].items() if end > ends[model]}

    def count_notification(self, notification: Sent) -> None:
        """Count a notification."""
        self._recent.append(notification)

    def sent_since(self, start: datetime, now: datetime) -> Counter[tuple[str, bool]]:
        """Count the notifications from then until now by sink and whether they are critical, and drop the others.

        Later ones are of before the clock was set back.
        """
        self._recent = deque(each for each in self._recent if start <= each.time <= now)
        return Counter((name, each.is_critical) for each in self._recent for name in each.sinks)

    def held_back(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
        """Return the last decisions on incidents, these rows among them, that the rate limit keeps from each sink.

        A sink whose last summary says that there are some is among them.
        """
        last = dict(self._rows)
        for row in rows:
            last[row["alert_id" if row["state"] == "provisional" else "incident_id"]] = row
        summaries = (row for row in last.values() if row["statistic"] == RATE_LIMITED)
        by_sink: dict[str, list[Mapping[str, Any]]] = {row["column_name"].partition(" ")[2]: [] for row in summaries}
        for row in last.values():
            for sink in row["limited_sinks"]:
                by_sink.setdefault(sink, []).append(row)
        return by_sink

    def stale(
        self, ends: Mapping[str, datetime], policy: Policy, observations: Iterable[Observation], now: datetime
    ) -> list[Observation]:
        """Return an observation of each incident that no window has shown for ``resolve_timeout``.

        That time passes in the windows of its model, of which ``ends`` has the last; where the model has none any
        more, and for the monitor's health, in processing time. An incident of longer windows waits for
        ``resolve_after`` of them.
        """
        current = {each.incident_id for each in observations}
        stale = []
        for identity, row in self._rows.items():
            # Labels come long after a window has closed: their incidents end with the model's traffic alone.
            is_late = row["column_kind"] == PERFORMANCE
            incident, end = self.incidents[identity], None if is_late else ends.get(row["model"])
            length = row["window_end"] - row["window_start"]
            timeout = max(policy.resolve_timeout, policy.resolve_after * length)
            last_end = incident.last_end or row["window_end"]
            active_time = self._active.get(row["model"], self._start)
            is_summary = row["statistic"] == RATE_LIMITED and identity not in self._ended
            if identity in current or is_summary:  # summaries are judged with each batch
                continue
            if row["drift_type"] == "HEALTH":  # a failing check is reported every few minutes
                if identity in self._ended:
                    stale.append(_stale(row, last_end, now, "another monitor has taken over"))
                elif max(last_end, self._start) + timeout < now:
                    stale.append(_stale(row, last_end, now, "it is not made any more"))
            elif end is None and active_time + timeout < now:
                # Windows that come in spite of that end later.
                stale.append(_stale(row, last_end, last_end + _TICK))
            elif end is not None and last_end + timeout < end:
                stale.append(_stale(row, last_end, end))
        return stale


def _stale(
    row: Mapping[str, Any], last_end: datetime, end: datetime, reason: str = "it has no traffic, or too little"
) -> Observation:
    subject = f"{row['column_name']} of the model {row['model']}"
    if row["drift_type"] == "HEALTH":
        subject, end = f"the health check {row['column_name']}", max(end, last_end + _TICK)
    return Observation.of(
        {
            **row,
            "alert_id": digest(row["incident_id"], "stale", end.isoformat()),
            "window_start": last_end,
            "window_end": end,
            "outcome": "stale",
            "message": f"{subject} has not been judged since {last_end:%Y-%m-%d %H:%M} UTC: {reason}",
        }
    )

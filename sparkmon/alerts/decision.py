"""The decision on an observation, and what the decisions of a batch share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sparkmon.alerts.actions import Acknowledgements, Silences
from sparkmon.alerts.incident import Incident, IncidentState, Observation, digest
from sparkmon.alerts.matcher import SEVERITIES
from sparkmon.alerts.policy import Policy
from sparkmon.sinks import Severity, State


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one observation: it is recorded whether it notifies or not."""

    observation: Observation
    severity: Severity
    state: IncidentState
    before: Incident
    """The incident before the window."""
    incident: Incident
    """The incident after this decision."""
    sinks: tuple[str, ...] = ()
    """The sinks that the policy routes it to; once it is decided, those that are notified."""
    suppressed_by: str | None = None
    """The stage that suppresses the notification; None if it is sent."""
    notified_state: State | None = None
    """The state that is notified; None if the notification is suppressed."""
    notification_id: str | None = None

    @property
    def is_repeat(self) -> bool:
        """Whether it is a reminder or an escalation: the incident has been notified as firing before."""
        return self.state == "firing" and self.before.notified_severity is not None

    @property
    def is_escalation(self) -> bool:
        """Whether the severity is higher than in the last notification."""
        notified = self.before.notified_severity
        return notified is not None and SEVERITIES.index(self.severity) > SEVERITIES.index(notified)

    @property
    def group(self) -> tuple[str, ...]:
        """What it is grouped by: alerts of one group share a notification, forty columns with one cause."""
        alert = self.observation.alert
        kind = "repeat" if self.is_repeat else self.state
        return str(alert["model"]), str(alert["model_version"]), kind


class Groups:
    """The notifications of one batch, as they fill; ``room`` is how many further ones each sink may be sent."""

    def __init__(self, room: Mapping[str, int]) -> None:
        self._room = dict(room)
        self._sinks: dict[str, tuple[str, ...]] = {}
        self._alerts: dict[str, list[str]] = {}

    def has_room(self, group: tuple[str, ...], sinks: tuple[str, ...]) -> bool:
        """Return whether any of the sinks may be sent one more alert of a group."""
        return _place(group, sinks) in self._sinks or any(self._room[name] > 0 for name in sinks)

    def join(
        self, group: tuple[str, ...], sinks: tuple[str, ...], alert_id: str
    ) -> tuple[str, tuple[str, ...]]:
        """Add an alert to its group; return a placeholder of the notification's id, and the sinks that have room."""
        place = _place(group, sinks)
        if place not in self._sinks:
            free = tuple(name for name in sinks if self._room[name] > 0)
            for name in free:
                self._room[name] -= 1
            self._sinks[place], self._alerts[place] = free, []
        self._alerts[place].append(alert_id)
        return place, self._sinks[place]

    def ids(self) -> dict[str, str]:
        """Return the notifications' ids by their placeholders: digests of their alerts, the same at a replay."""
        return {place: digest(place, *sorted(alerts)) for place, alerts in self._alerts.items()}


def _place(group: tuple[str, ...], sinks: tuple[str, ...]) -> str:
    return "\x1f".join((*group, *sinks))


@dataclass(frozen=True, slots=True)
class Context:
    """What all decisions of a batch share."""

    policy: Policy
    silences: Silences
    acknowledgements: Acknowledgements
    sinks: tuple[str, ...]
    groups: Groups
    """The notifications of the batch so far."""
    now: datetime

"""The decision on an observation, and what the decisions of a batch share."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sparkmon.alerts.incident import Incident, IncidentState, Observation, digest
from sparkmon.alerts.matcher import Acknowledgements, Silences
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
    routed: tuple[str, ...] = ()
    """The sinks that it goes to: those of the policy's routes or, of a recovery, those that know of the incident."""
    sinks: tuple[str, ...] = ()
    """Those of them whose last notification is out of date; once it is decided, those that are notified."""
    limited_sinks: tuple[str, ...] = ()
    """Those that the rate limit keeps it from."""
    suppressed_by: str | None = None
    """The stage that suppresses the notification; None if it is sent."""
    notified_state: State | None = None
    """The state that is notified; None if the notification is suppressed."""
    notification_id: str | None = None

    @property
    def is_repeat(self) -> bool:
        """Whether it is a reminder or an escalation: the incident has been notified as firing before."""
        return self.state == "firing" and bool(self.before.notified)


class Groups:
    """The notifications of one batch, as they fill.

    ``room`` is how many further ones each sink may be sent, critical ones (True) counted apart from the others, so that
    neither keeps the other out. Those on the monitor itself are few, and always sent.
    """

    def __init__(self, room: Mapping[tuple[str, bool], int]) -> None:
        self._room = Counter(room)
        self._sinks: dict[str, tuple[str, ...]] = {}
        self._alerts: dict[str, list[str]] = {}

    def sinks_with_room(self, decision: Decision) -> tuple[str, ...]:
        """Return the sinks that may be sent an alert: one more of its group, or the first."""
        place = _place(decision)
        if place in self._sinks:
            return self._sinks[place]
        if decision.observation.alert["drift_type"] == "HEALTH":
            return decision.sinks
        is_critical = decision.severity == "critical"
        return tuple(name for name in decision.sinks if self._room[name, is_critical] > 0)

    def join(self, decision: Decision) -> tuple[str, tuple[str, ...]]:
        """Add an alert to its group; return a placeholder of the notification's id, and the sinks that have room."""
        place, sinks = _place(decision), self.sinks_with_room(decision)
        if place not in self._sinks:
            self._room.subtract((name, decision.severity == "critical") for name in sinks)
            self._sinks[place], self._alerts[place] = sinks, []
        self._alerts[place].append(str(decision.observation.alert["alert_id"]))
        return place, sinks

    def ids(self) -> dict[str, str]:
        """Return the notifications' ids by their placeholders: digests of their alerts, the same at a replay."""
        return {place: digest(place, *sorted(alerts)) for place, alerts in self._alerts.items()}


def _place(decision: Decision) -> str:
    """Return what an alert is grouped by: those of one group share a notification, forty columns with one cause."""
    alert = decision.observation.alert
    kind = "repeat" if decision.is_repeat else decision.state
    return "\x1f".join((alert["model"], alert["model_version"], kind, *decision.sinks))


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

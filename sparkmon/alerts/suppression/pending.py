"""A notification that may be due, with all that its suppression depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sparkmon.alerts.acknowledgements import Acknowledgements
from sparkmon.alerts.groups import Groups
from sparkmon.alerts.incident import Incident, IncidentState, Observation
from sparkmon.alerts.matcher import SEVERITIES
from sparkmon.alerts.policy import Policy
from sparkmon.alerts.silences import Silences
from sparkmon.sinks import Severity


@dataclass(frozen=True, slots=True)
class Context:
    """What all notifications of a batch share."""

    policy: Policy
    silences: Silences
    acknowledgements: Acknowledgements
    sinks: tuple[str, ...]
    groups: Groups
    """The notifications of the batch so far."""
    now: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """The notification on one observation, before it is sent or suppressed."""

    context: Context
    observation: Observation
    severity: Severity
    state: IncidentState
    before: Incident
    """The incident before the window."""
    incident: Incident
    """The incident after the window."""

    @property
    def is_repeat(self) -> bool:
        """Whether it is a reminder or an escalation: the incident has been notified."""
        return self.state == "firing" and self.incident.notified_severity is not None

    @property
    def is_escalation(self) -> bool:
        """Whether the severity is higher than in the last notification."""
        notified = self.incident.notified_severity
        return notified is not None and SEVERITIES.index(self.severity) > SEVERITIES.index(notified)

    @property
    def sinks(self) -> tuple[str, ...]:
        """The sinks that the policy routes it to."""
        return self.context.policy.route(self.observation.alert, self.severity, self.context.sinks)

    @property
    def group(self) -> tuple[str, ...]:
        """What it is grouped by: alerts of one group share a notification."""
        alert = self.observation.alert
        kind = "repeat" if self.is_repeat else self.state
        return str(alert["model"]), str(alert["model_version"]), kind

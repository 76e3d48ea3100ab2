"""Why a notification is not sent: one function per reason, asked in the order of :data:`STAGES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sparkmon.alerts.actions import Acknowledgements, Silences
from sparkmon.alerts.groups import Groups
from sparkmon.alerts.incident import Incident, IncidentState, Observation
from sparkmon.alerts.matcher import SEVERITIES
from sparkmon.alerts.policy import Policy
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


def suppressed_by(pending: Pending) -> str | None:
    """Return the first stage that suppresses a notification; None if it is sent."""
    return next((name for name, holds in STAGES.items() if holds(pending)), None)


def _was_never_notified(pending: Pending) -> bool:
    return pending.state == "resolved" and pending.incident.notified_severity is None


def _is_no_change(pending: Pending) -> bool:
    """Return whether the last notification still describes the incident, and no reminder is due."""
    if pending.state == "provisional":
        return pending.before.notified_severity is not None
    if pending.state != "firing":
        return False
    if pending.observation.outcome != "drift":
        return True  # unconfirmed or inhibited while it is open
    policy, last = pending.context.policy, pending.incident.last_notified_window_end
    is_due = (
        policy.repeat_interval is not None
        and last is not None
        and pending.observation.window_end >= last + policy.repeat_interval
    )
    has_news = pending.is_escalation or policy.notify_on == "each" or is_due
    return pending.is_repeat and not has_news


def _is_silenced(pending: Pending) -> bool:
    alert, now = pending.observation.alert, pending.context.now
    return any(each.mutes(alert, pending.severity, now) for each in pending.context.silences)


def _is_acknowledged(pending: Pending) -> bool:
    """Return whether it is a reminder, not an escalation, of an incident acknowledged since it opened."""
    ack = pending.context.acknowledgements.get(pending.observation.incident_id)
    if ack is None or not pending.is_repeat or pending.is_escalation:
        return False
    return pending.incident.opened_time is None or ack.time >= pending.incident.opened_time


def _is_flapping(pending: Pending) -> bool:
    """Return whether it had ``flap_changes`` transitions in the ``flap_windows`` before this window."""
    policy, window = pending.context.policy, pending.observation
    span = policy.flap_windows * (window.window_end - window.window_start)
    return pending.before.transitions_since(window.window_end - span) >= policy.flap_changes


def _is_cooling_down(pending: Pending) -> bool:
    """Return whether it fires again within ``cool_down`` after its last notification."""
    last = pending.incident.last_notified_window_end
    if last is None or pending.state == "resolved" or pending.is_repeat:
        return False
    return pending.observation.window_end < last + pending.context.policy.cool_down


STAGES: Mapping[str, Callable[[Pending], bool]] = MappingProxyType(
    {
        "unconfirmed": lambda pending: pending.state == "unconfirmed",
        "inhibited": lambda pending: pending.state == "inhibited",
        "never_notified": _was_never_notified,
        "recovering": lambda pending: pending.state == "recovering",
        "no_change": _is_no_change,
        "silenced": _is_silenced,
        "acknowledged": _is_acknowledged,
        "flapping": _is_flapping,
        "cool_down": _is_cooling_down,
        "no_route": lambda pending: not pending.sinks,
        "rate_limited": lambda pending: (
            not pending.context.groups.has_room(pending.group, pending.sinks)
        ),
    }
)
"""All stages, in the order in which they are asked: the first that holds is the reason."""

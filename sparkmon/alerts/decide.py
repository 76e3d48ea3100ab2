"""Decides which observations of a batch notify: pure, one batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sparkmon.alerts.incident import Incident, IncidentState, Observation
from sparkmon.alerts.suppression import Context, Pending, suppressed_by
from sparkmon.sinks import Severity, State


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one observation: it is recorded whether it notifies or not."""

    observation: Observation
    state: IncidentState
    severity: Severity
    is_repeat: bool
    """Whether the incident has been notified as firing before: a reminder or an escalation."""
    suppressed_by: str | None
    """The stage that suppresses the notification; None if it is sent."""
    incident: Incident
    """The incident after this decision."""
    notified_state: State | None = None
    """The state that is notified; None if the notification is suppressed."""
    sinks: tuple[str, ...] = ()
    notification_id: str | None = None


def decide(
    incidents: Mapping[str, Incident], observations: Iterable[Observation], context: Context
) -> list[Decision]:
    """Decide on the observations of a batch of windows, at most one per incident and window; in the order of windows.

    Skipped are windows that were decided on before, and ok windows of a settled incident or of an incident for which
    not all statistics that found the drift are ok. All alerts of a model and version that start firing share one
    ``notification_id``, as do those that repeat, and those that resolve.
    """
    current = dict(incidents)
    decisions = []
    for observation in sorted(observations, key=lambda each: (each.window_end, each.incident_id)):
        incident = current.get(observation.incident_id, Incident())
        if not _is_news(incident, observation):
            continue
        decision = _decide(_pending(context, incident, observation))
        if not observation.provisional:
            current[observation.incident_id] = decision.incident
        decisions.append(decision)
    ids = context.groups.ids()
    return [
        replace(each, notification_id=ids[each.notification_id]) if each.notification_id else each
        for each in decisions
    ]


def _is_news(incident: Incident, observation: Observation) -> bool:
    if incident.last_end is not None and observation.window_end <= incident.last_end:
        return False
    if observation.provisional or observation.outcome != "ok":
        return True
    # The statistics that found the drift may have had too few rows in this window.
    return not incident.is_settled and incident.is_ok_by(observation.statistics)


def _pending(context: Context, before: Incident, observation: Observation) -> Pending:
    severity = context.policy.severity_of(observation.alert, observation.severity)
    if observation.provisional:  # its incident is decided on when the window closes
        return Pending(context, observation, severity, "provisional", before, before)
    incident, state = before.after(
        observation.outcome,
        observation.window_end,
        observation.statistics,
        resolve_after=context.policy.resolve_after,
    )
    if incident.is_open and not before.is_open:
        incident = replace(incident, opened_time=context.now)
    return Pending(context, observation, severity, state, before, incident)


def _decide(pending: Pending) -> Decision:
    observation, state, incident = pending.observation, pending.state, pending.incident
    reason = suppressed_by(pending)
    decision = Decision(observation, state, pending.severity, pending.is_repeat, reason, incident)
    if reason is not None or state not in ("firing", "resolved", "provisional"):
        return decision
    alert_id = str(observation.alert["alert_id"])
    place, sinks = pending.context.groups.join(pending.group, pending.sinks, alert_id)
    if not observation.provisional:
        notified = None if state == "resolved" else pending.severity
        incident = incident.notified(notified, observation.window_end)
    return replace(
        decision, notified_state=state, sinks=sinks, notification_id=place, incident=incident
    )

"""Decides which observations of a batch notify: pure, one batch at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sparkmon.alerts.decision import Context, Decision
from sparkmon.alerts.incident import Incident, Observation
from sparkmon.alerts.matcher import SEVERITIES
from sparkmon.alerts.suppression import suppressed_by


def decide(incidents: Mapping[str, Incident], observations: Iterable[Observation], context: Context) -> list[Decision]:
    """Decide on the observations of a batch of windows, at most one per incident and window; in the order of windows.

    Skipped are windows that were decided on before, and ok windows of a settled incident or of an incident for which
    not all statistics that found the drift are ok. Of windows that end together, the highest severities come first, so
    that these are notified where there is room for a few. All alerts of a model and version that start firing share one
    ``notification_id``, as do those that repeat, and those that resolve.
    """
    current = dict(incidents)
    decisions = []

    def rank(observation: Observation) -> tuple[datetime, int, str]:
        severity = context.policy.severity_of(observation.alert, observation.severity)
        return observation.window_end, -SEVERITIES.index(severity), observation.incident_id

    for observation in sorted(observations, key=rank):
        incident = current.get(observation.incident_id, Incident())
        if not _is_news(incident, observation):
            continue
        decision = _decide(_observed(context, incident, observation), context)
        if not observation.provisional:
            current[observation.incident_id] = decision.incident
        decisions.append(decision)
    ids = context.groups.ids()
    return [
        replace(each, notification_id=ids[each.notification_id]) if each.notification_id else each for each in decisions
    ]


def _is_news(incident: Incident, observation: Observation) -> bool:
    if incident.last_end is not None and observation.window_end <= incident.last_end:
        return False
    if observation.provisional or observation.outcome != "ok":
        return True
    # The statistics that found the drift may have had too few rows in this window.
    return not incident.is_settled and incident.is_ok_by(observation.statistics)


def _observed(context: Context, before: Incident, observation: Observation) -> Decision:
    """Return what a window makes of an incident, before the policy says whether that notifies."""
    policy = context.policy
    severity = policy.severity_of(observation.alert, observation.severity)
    sinks = policy.route(observation.alert, severity, context.sinks)
    if observation.provisional:  # its incident is decided on when the window closes
        return Decision(observation, severity, "provisional", before, before, sinks)
    incident, state = before.after(
        observation.outcome, observation.window_end, observation.statistics, resolve_after=policy.resolve_after
    )
    if incident.is_open and not before.is_open:
        incident = replace(incident, opened_time=context.now)
    return Decision(observation, severity, state, before, incident, sinks)


def _decide(decision: Decision, context: Context) -> Decision:
    observation, state, incident = decision.observation, decision.state, decision.incident
    reason = suppressed_by(decision, context)
    if reason is not None or state not in ("firing", "resolved", "provisional"):
        return replace(decision, suppressed_by=reason, sinks=())
    place, sinks = context.groups.join(decision)
    if not observation.provisional:
        notified = None if state == "resolved" else decision.severity
        incident = incident.notified(notified, observation.window_end)
    return replace(decision, notified_state=state, sinks=sinks, notification_id=place, incident=incident)

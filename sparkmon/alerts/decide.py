"""From what windows show to what is told: pure, one batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from sparkmon.alerts.actions import Actions
from sparkmon.alerts.groups import Groups
from sparkmon.alerts.incident import Incident, IncidentState, Observation
from sparkmon.alerts.matcher import SEVERITIES
from sparkmon.alerts.policy import Policy
from sparkmon.sinks import Severity, State

__all__ = ["Decision", "Untold", "decide"]

Untold: TypeAlias = Literal[
    "unchanged",
    "recovering",
    "unconfirmed",
    "covered",
    "silenced",
    "acknowledged",
    "cool_down",
    "flapping",
    "capped",
    "no_route",
    "never_told",
]
"""Why nothing is told. ``unchanged``: people know. ``never_told``: what is over was never told."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one observation: fired or not, it is recorded."""

    observation: Observation
    state: IncidentState
    severity: Severity
    told: State | None
    """What is told; None where nothing is."""
    untold: Untold | None
    """Why nothing is told; None where something is."""
    sinks: tuple[str, ...]
    notification_id: str | None
    incident: Incident
    """What the incident is from now on."""


@dataclass(slots=True)
class _Batch:
    policy: Policy
    actions: Actions
    groups: Groups
    sinks: tuple[str, ...]
    now: datetime


def decide(
    policy: Policy,
    incidents: Mapping[str, Incident],
    observations: Iterable[Observation],
    *,
    actions: Actions,
    sinks: Sequence[str],
    sent: Mapping[str, int],
    now: datetime,
) -> list[Decision]:
    """Decide on all that a batch of windows shows.

    Parameters
    ----------
    policy : Policy
        When something is told.
    incidents : mapping of str to Incident
        What is known of each, by its id; an incident that is not in it is new.
    observations : iterable of Observation
        At most one per incident and window. Those of windows that were decided on before are left out, and what is
        fine where no incident is open, or not by all statistics that found the trouble.
    actions : Actions
        Silences and acknowledgements.
    sinks : sequence of str
        The names of the sinks.
    sent : mapping of str to int
        How many notifications each sink was given within ``policy.per``.
    now : datetime
        The time on the wall.

    Returns
    -------
    list of Decision
        In the order of windows. Decisions that are told together have one ``notification_id``: all of one model and
        version that are fired, go on, or are resolved.

    Examples
    --------
    >>> from datetime import timedelta, timezone
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
    >>> alert = {"alert_id": "a", "model": "flights", "model_version": "", "column_name": "temp",
    ...          "slice_key": None, "slice_value": None}
    >>> seen = Observation("i", "trouble", "warning", noon, noon + timedelta(hours=1), False, ("ks",), alert)
    >>> (one,) = decide(Policy(), {}, [seen], actions=Actions(), sinks=["console"], sent={}, now=noon)
    >>> one.state, one.told, one.sinks
    ('fired', 'fired', ('console',))
    """
    groups = Groups({name: policy.at_most - sent.get(name, 0) for name in sinks})
    batch = _Batch(policy, actions, groups, tuple(sinks), now)
    known = dict(incidents)
    decisions = []
    for observation in sorted(observations, key=lambda each: (each.window_end, each.incident_id)):
        before = known.get(observation.incident_id, Incident())
        if observation.provisional:
            decisions.append(_provisional(batch, before, observation))
            continue
        if before.last_end is not None and observation.window_end <= before.last_end:
            continue
        if observation.condition == "fine" and (
            before.is_settled or not before.is_fine_by(observation.statistics)
        ):
            continue  # everybody knows; or what found the trouble had too few rows to say so
        decision = _decide(batch, before, observation)
        known[observation.incident_id] = decision.incident
        decisions.append(decision)
    ids = groups.ids()
    return [
        replace(each, notification_id=ids[each.notification_id]) if each.notification_id else each
        for each in decisions
    ]


def _decide(batch: _Batch, before: Incident, observation: Observation) -> Decision:
    policy, end = batch.policy, observation.window_end
    severity = _severity(policy, observation)
    after, state = before.after(
        observation.condition,
        end,
        observation.statistics,
        resolve_after=policy.resolve_after,
    )
    if state == "fired":
        after = replace(after, opened_time=batch.now)
    due, untold = _due(policy, after, state, observation, severity)
    if due is not None:
        untold = _prevented(batch, before, after, observation, severity, due)
    if due is None or untold is not None:
        return Decision(observation, state, severity, None, untold, (), None, after)
    return _told(batch, observation, state, severity, due, after)


def _provisional(batch: _Batch, before: Incident, observation: Observation) -> Decision:
    """Tell of a window that is still open unless people know; its incident is decided on when it closes."""
    severity = _severity(batch.policy, observation)
    untold: Untold | None = "unchanged"
    if before.believed is None:
        untold = _prevented(batch, before, before, observation, severity, "provisional")
    if untold is not None:
        return Decision(observation, "provisional", severity, None, untold, (), None, before)
    told = _told(batch, observation, "provisional", severity, "provisional", before)
    return replace(told, incident=before)


def _severity(policy: Policy, observation: Observation) -> Severity:
    for rule in policy.severities:
        if rule.matcher.matches(observation.alert, observation.severity):
            return rule.severity
    return observation.severity


def _due(
    policy: Policy,
    after: Incident,
    state: IncidentState,
    observation: Observation,
    severity: Severity,
) -> tuple[State | None, Untold | None]:
    """Say what people do not know yet."""
    if state in ("unconfirmed", "covered"):
        return None, "covered" if state == "covered" else "unconfirmed"
    if not after.is_open:
        return ("resolved", None) if after.believed is not None else (None, "never_told")
    if observation.condition != "trouble":
        return None, "recovering" if state == "recovering" else "unchanged"
    if after.believed is None:
        return "fired", None
    is_graver = SEVERITIES.index(severity) > SEVERITIES.index(after.believed)
    if is_graver or policy.notify == "every" or _is_due_again(policy, after, observation):
        return "ongoing", None
    return None, "unchanged"


def _is_due_again(policy: Policy, after: Incident, observation: Observation) -> bool:
    if policy.repeat is None or after.told_end is None:
        return False
    return observation.window_end >= after.told_end + policy.repeat


def _prevented(
    batch: _Batch,
    before: Incident,
    after: Incident,
    observation: Observation,
    severity: Severity,
    due: State,
) -> Untold | None:
    """Say why what is due is not told; None where it is."""
    policy, end = batch.policy, observation.window_end
    if batch.actions.silence_of(observation.alert, severity, batch.now) is not None:
        return "silenced"
    if due == "ongoing" and _is_acknowledged(batch.actions, after, observation, severity):
        return "acknowledged"
    span = policy.flap_windows * (end - observation.window_start)
    if before.changes_since(end - span) >= policy.flap_changes:
        return "flapping"
    is_new = due in ("fired", "provisional")
    if is_new and after.told_end is not None and end < after.told_end + policy.cool_down:
        return "cool_down"
    routed = _routed(batch, observation, severity)
    if not routed:
        return "no_route"
    return None if batch.groups.has_room(_group_of(observation, due), routed) else "capped"


def _is_acknowledged(
    actions: Actions, after: Incident, observation: Observation, severity: Severity
) -> bool:
    if after.believed is not None and SEVERITIES.index(severity) > SEVERITIES.index(after.believed):
        return False  # graver than what somebody sees to
    given = actions.acknowledgements.get(observation.incident_id)
    return given is not None and (after.opened_time is None or given.time >= after.opened_time)


def _told(
    batch: _Batch,
    observation: Observation,
    state: IncidentState,
    severity: Severity,
    due: State,
    after: Incident,
) -> Decision:
    routed = _routed(batch, observation, severity)
    place, sinks = batch.groups.join(
        _group_of(observation, due), routed, str(observation.alert["alert_id"])
    )
    known = after.told(None if due == "resolved" else severity, observation.window_end)
    return Decision(observation, state, severity, due, None, sinks, place, known)


def _routed(batch: _Batch, observation: Observation, severity: Severity) -> tuple[str, ...]:
    if not batch.policy.routes:
        return batch.sinks
    wanted = {
        name
        for route in batch.policy.routes
        if route.matcher.matches(observation.alert, severity)
        for name in route.sinks
    }
    return tuple(name for name in batch.sinks if name in wanted)


def _group_of(observation: Observation, due: State) -> tuple[str, str, str]:
    return str(observation.alert["model"]), str(observation.alert["model_version"]), due

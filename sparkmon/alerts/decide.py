"""Decides which observations of a batch notify, and why the others do not: pure, one batch at a time."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from sparkmon.alerts.incident import Incident, IncidentState, Observation, digest
from sparkmon.alerts.matcher import SEVERITIES, Acknowledgements, Silences, highest_severity, is_higher
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


RATE_LIMITED = "rate_limited"


def suppressed_by(decision: Decision, context: Context) -> str | None:
    """Return the first stage that suppresses a notification; None if it is sent."""
    return next((name for name, holds in STAGES.items() if holds(decision, context)), None)


def out_of_date(decision: Decision, policy: Policy) -> tuple[str, ...]:
    """Return the sinks whose last notification does not describe the incident, or is old enough for a reminder."""
    if decision.state == "resolved":
        return decision.routed
    if decision.state == "firing" and decision.observation.outcome != "drift":
        return ()  # unconfirmed or inhibited while it is open
    last = {each.sink: each for each in decision.before.notified}
    end, repeat = decision.observation.window_end, policy.repeat_interval

    def is_out_of_date(sink: str) -> bool:
        if sink not in last or decision.state == "provisional":
            return sink not in last
        if is_higher(decision.severity, last[sink].severity) or policy.notify_on == "each":
            return True
        return repeat is not None and end >= last[sink].window_end + repeat

    return tuple(filter(is_out_of_date, decision.routed))


def _is_silenced(decision: Decision, context: Context) -> bool:
    active = (each.matcher for each in context.silences if each.is_active(context.now))
    return any(matcher.matches(decision.observation.alert, decision.severity) for matcher in active)


def _is_acknowledged(decision: Decision, context: Context) -> bool:
    """Return whether it is a reminder, not an escalation, of an incident acknowledged since it opened."""
    ack = context.acknowledgements.get(decision.observation.incident_id)
    notified = highest_severity(each.severity for each in decision.before.notified)
    if ack is None or not decision.is_repeat or notified is None or is_higher(decision.severity, notified):
        return False
    return ack.holds(decision.incident.opened_time)


def _is_flapping(decision: Decision, context: Context) -> bool:
    """Return whether it had ``flap_changes`` transitions in the ``flap_windows`` before this window."""
    policy, window = context.policy, decision.observation
    span = policy.flap_windows * (window.window_end - window.window_start)
    return decision.before.transitions_since(window.window_end - span) >= policy.flap_changes


def _is_cooling_down(decision: Decision, context: Context) -> bool:
    """Return whether it fires again within ``cool_down`` after its last notification."""
    last = decision.incident.last_notified_window_end
    if last is None or decision.state == "resolved" or decision.is_repeat:
        return False
    return decision.observation.window_end < last + context.policy.cool_down


STAGES: Mapping[str, Callable[[Decision, Context], bool]] = MappingProxyType(
    {
        "unconfirmed": lambda decision, _: decision.state == "unconfirmed",
        "inhibited": lambda decision, _: decision.state == "inhibited",
        "never_notified": lambda decision, _: decision.state == "resolved" and not decision.before.notified,
        "recovering": lambda decision, _: decision.state == "recovering",
        "no_change": lambda decision, _: bool(decision.routed) and not decision.sinks,
        "silenced": _is_silenced,
        "acknowledged": _is_acknowledged,
        "flapping": _is_flapping,
        "cool_down": _is_cooling_down,
        "no_route": lambda decision, _: not decision.routed,
        RATE_LIMITED: lambda decision, context: not context.groups.sinks_with_room(decision),
    }
)
"""All stages, in the order in which they are asked: the first that holds is the reason."""


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
    policy, end = context.policy, observation.window_end
    severity = policy.severity_of(observation.alert, observation.severity)
    notified = tuple(each for each in before.notified if each.sink in context.sinks)  # others were removed
    incident = before = replace(before, notified=notified)
    state: IncidentState = "provisional"  # its incident is decided on when the window closes
    if not observation.provisional:
        incident, state = before.after(
            observation.outcome, end, observation.statistics, resolve_after=policy.resolve_after
        )
    if incident.is_open and not before.is_open:
        incident = replace(incident, opened_time=context.now)
    if state == "resolved":
        # Whoever knows of it hears of its end, with as much room: the severity of an ok window is another one.
        severity = highest_severity(each.severity for each in notified) or severity
        routed = tuple(each.sink for each in notified)
    elif observation.sink is not None:
        routed = (observation.sink,)
    else:
        routed = policy.route(observation.alert, severity, context.sinks)
    decision = Decision(observation, severity, state, before, incident, routed)
    return replace(decision, sinks=out_of_date(decision, policy))


def _decide(decision: Decision, context: Context) -> Decision:
    observation, state, incident = decision.observation, decision.state, decision.incident
    reason = suppressed_by(decision, context)
    if reason == RATE_LIMITED:
        return replace(decision, suppressed_by=reason, sinks=(), limited_sinks=decision.sinks)
    if reason is not None or state not in ("firing", "resolved", "provisional"):
        return replace(decision, suppressed_by=reason, sinks=())
    place, sinks = context.groups.join(decision)
    limited = tuple(sink for sink in decision.sinks if sink not in sinks)
    if not observation.provisional:
        severity = None if state == "resolved" else decision.severity
        incident = incident.after_notification(sinks, severity, observation.window_end)
    return replace(
        decision, notified_state=state, sinks=sinks, limited_sinks=limited, notification_id=place, incident=incident
    )

"""Why a notification is not sent: one function per reason, asked in the order of :data:`STAGES`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sparkmon.alerts.decision import Context, Decision
from sparkmon.alerts.matcher import highest_severity, is_higher
from sparkmon.alerts.policy import Policy

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
    active = (each.matcher for each in context.silences if each.start_time <= context.now < each.end_time)
    return any(matcher.matches(decision.observation.alert, decision.severity) for matcher in active)


def _is_acknowledged(decision: Decision, context: Context) -> bool:
    """Return whether it is a reminder, not an escalation, of an incident acknowledged since it opened."""
    ack = context.acknowledgements.get(decision.observation.incident_id)
    notified = highest_severity(each.severity for each in decision.before.notified)
    if ack is None or not decision.is_repeat or notified is None or is_higher(decision.severity, notified):
        return False
    return decision.incident.opened_time is None or ack.time >= decision.incident.opened_time


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

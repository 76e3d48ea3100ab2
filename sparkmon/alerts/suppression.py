"""Why a notification is not sent: one function per reason, asked in the order of :data:`STAGES`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sparkmon.alerts.decision import Context, Decision

RATE_LIMITED = "rate_limited"


def suppressed_by(decision: Decision, context: Context) -> str | None:
    """Return the first stage that suppresses a notification; None if it is sent."""
    return next((name for name, holds in STAGES.items() if holds(decision, context)), None)


def _is_no_change(decision: Decision, context: Context) -> bool:
    """Return whether the last notification still describes the incident, and no reminder is due."""
    if decision.state == "provisional":
        return decision.before.notified_severity is not None
    if decision.state != "firing":
        return False
    if decision.observation.outcome != "drift":
        return True  # unconfirmed or inhibited while it is open
    policy, last = context.policy, decision.incident.last_notified_window_end
    is_due = (
        policy.repeat_interval is not None
        and last is not None
        and decision.observation.window_end >= last + policy.repeat_interval
    )
    has_news = decision.is_escalation or policy.notify_on == "each" or is_due
    return decision.is_repeat and not has_news


def _is_silenced(decision: Decision, context: Context) -> bool:
    alert, now = decision.observation.alert, context.now
    return any(each.mutes(alert, decision.severity, now) for each in context.silences)


def _is_acknowledged(decision: Decision, context: Context) -> bool:
    """Return whether it is a reminder, not an escalation, of an incident acknowledged since it opened."""
    ack = context.acknowledgements.get(decision.observation.incident_id)
    if ack is None or not decision.is_repeat or decision.is_escalation:
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
        "never_notified": lambda decision, _: (
            decision.state == "resolved" and decision.before.notified_severity is None
        ),
        "recovering": lambda decision, _: decision.state == "recovering",
        "no_change": _is_no_change,
        "silenced": _is_silenced,
        "acknowledged": _is_acknowledged,
        "flapping": _is_flapping,
        "cool_down": _is_cooling_down,
        "no_route": lambda decision, _: not decision.sinks,
        RATE_LIMITED: lambda decision, context: not context.groups.sinks_with_room(decision),
    }
)
"""All stages, in the order in which they are asked: the first that holds is the reason."""

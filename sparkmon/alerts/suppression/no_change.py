"""``no_change``: the last notification still describes the incident."""

from sparkmon.alerts.suppression.pending import Pending


def is_no_change(pending: Pending) -> bool:
    """Return whether the incident neither starts, escalates nor resolves, and no reminder is due."""
    if pending.state == "provisional":
        return pending.before.notified_severity is not None
    if pending.state != "firing":
        return False
    if pending.observation.outcome != "drift":
        return True  # unconfirmed or inhibited while it is open
    return pending.is_repeat and not (
        pending.is_escalation
        or pending.context.policy.notify_on == "each"
        or _is_reminder_due(pending)
    )


def _is_reminder_due(pending: Pending) -> bool:
    interval, last = (
        pending.context.policy.repeat_interval,
        pending.incident.last_notified_window_end,
    )
    if interval is None or last is None:
        return False
    return pending.observation.window_end >= last + interval

"""``cool_down``: the incident fires again soon after its last notification."""

from sparkmon.alerts.suppression.pending import Pending


def is_cooling_down(pending: Pending) -> bool:
    """Return whether it is a new notification within ``cool_down`` after the last one."""
    last = pending.incident.last_notified_window_end
    if last is None or pending.state == "resolved" or pending.is_repeat:
        return False
    return pending.observation.window_end < last + pending.context.policy.cool_down

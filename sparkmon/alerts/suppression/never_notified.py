"""``never_notified``: an incident resolves that nobody was notified of."""

from sparkmon.alerts.suppression.pending import Pending


def was_never_notified(pending: Pending) -> bool:
    """Return whether the incident resolved without a notification before."""
    return pending.state == "resolved" and pending.incident.notified_severity is None

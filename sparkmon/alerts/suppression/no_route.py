"""``no_route``: no route of the policy matches the alert, or there is no sink."""

from sparkmon.alerts.suppression.pending import Pending


def has_no_route(pending: Pending) -> bool:
    """Return whether the notification goes to no sink."""
    return not pending.sinks

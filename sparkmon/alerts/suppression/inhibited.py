"""``inhibited``: a slice drifts while its whole column does, which has an alert of its own."""

from sparkmon.alerts.suppression.pending import Pending


def is_inhibited(pending: Pending) -> bool:
    """Return whether no incident of the slice is open and the whole column drifts."""
    return pending.state == "inhibited"

"""``unconfirmed``: the drift was not found in enough windows yet."""

from sparkmon.alerts.suppression.pending import Pending


def is_unconfirmed(pending: Pending) -> bool:
    """Return whether no incident is open and the drift is not confirmed."""
    return pending.state == "unconfirmed"

"""``unconfirmed``: the drift was not found in enough windows yet."""

from sparkmon.alerts.suppression.pending import Pending

__all__ = ["is_unconfirmed"]


def is_unconfirmed(pending: Pending) -> bool:
    """Return whether no incident is open and the drift is not confirmed."""
    return pending.state == "unconfirmed"

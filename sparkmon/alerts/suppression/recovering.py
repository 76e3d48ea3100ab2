"""``recovering``: the column is ok, but not for ``resolve_after`` windows yet."""

from sparkmon.alerts.suppression.pending import Pending


def is_recovering(pending: Pending) -> bool:
    """Return whether the incident is still open and its window is ok."""
    return pending.state == "recovering"

"""``rate_limited``: all its sinks have had ``max_notifications`` within ``rate_limit_interval``."""

from sparkmon.alerts.suppression.pending import Pending


def is_rate_limited(pending: Pending) -> bool:
    """Return whether no sink may be sent another notification."""
    return not pending.context.groups.has_room(pending.group, pending.sinks)

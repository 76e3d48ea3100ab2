"""``silenced``: a silence matches the alert."""

from sparkmon.alerts.suppression.pending import Pending


def is_silenced(pending: Pending) -> bool:
    """Return whether a silence is active now."""
    context, alert = pending.context, pending.observation.alert
    return context.silences.active(alert, pending.severity, context.now) is not None

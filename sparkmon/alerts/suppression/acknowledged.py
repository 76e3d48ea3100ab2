"""``acknowledged``: somebody handles the incident, so that no reminder is sent."""

from sparkmon.alerts.suppression.pending import Pending


def is_acknowledged(pending: Pending) -> bool:
    """Return whether it is a reminder, not an escalation, of an acknowledged incident."""
    acknowledgements = pending.context.acknowledgements
    return (
        pending.is_repeat
        and not pending.is_escalation
        and acknowledgements.covers(pending.observation.incident_id, pending.incident.opened_time)
    )

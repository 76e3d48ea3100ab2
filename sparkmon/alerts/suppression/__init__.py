"""Why a notification is not sent: one file per reason, and their order in :mod:`sparkmon.alerts.suppression.stages`."""

from sparkmon.alerts.suppression.pending import Context, Pending
from sparkmon.alerts.suppression.stages import STAGES, SuppressedBy, suppressed_by

__all__ = ["STAGES", "Context", "Pending", "SuppressedBy", "suppressed_by"]

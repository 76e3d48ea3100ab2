"""From findings to someone who should know: what is told, to whom, and that nothing is lost."""

from sparkmon.alerts.actions import Actions
from sparkmon.alerts.candidates import alerts_of, candidates_of
from sparkmon.alerts.desk import AlertDesk
from sparkmon.alerts.dispatcher import Dispatcher
from sparkmon.alerts.incident import Incident, Observation
from sparkmon.alerts.matcher import SEVERITIES, Matcher
from sparkmon.alerts.policy import Policy, Route, SeverityRule
from sparkmon.alerts.record import AlertRecord
from sparkmon.alerts.rows import notifications_of, parcels_of

__all__ = [
    "SEVERITIES",
    "Actions",
    "AlertDesk",
    "AlertRecord",
    "Dispatcher",
    "Incident",
    "Matcher",
    "Observation",
    "Policy",
    "Route",
    "SeverityRule",
    "alerts_of",
    "candidates_of",
    "notifications_of",
    "parcels_of",
]

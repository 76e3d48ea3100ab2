"""From findings to notifications: observations, incidents, the policy, sinks, and a record of every decision."""

from sparkmon.alerts.actions import Acknowledgement, Acknowledgements, Silence, Silences
from sparkmon.alerts.alert_manager import AlertManager
from sparkmon.alerts.alert_store import AlertStore
from sparkmon.alerts.dispatcher import Dispatcher
from sparkmon.alerts.incident import Incident, Observation
from sparkmon.alerts.matcher import SEVERITIES, Matcher
from sparkmon.alerts.observations import observations_of
from sparkmon.alerts.policy import Alerting, Policy, Route, SeverityRule
from sparkmon.alerts.rows import notifications_of, queued_notifications_of

__all__ = [
    "SEVERITIES",
    "Acknowledgement",
    "Acknowledgements",
    "AlertManager",
    "AlertStore",
    "Alerting",
    "Dispatcher",
    "Incident",
    "Matcher",
    "Observation",
    "Policy",
    "Route",
    "SeverityRule",
    "Silence",
    "Silences",
    "notifications_of",
    "observations_of",
    "queued_notifications_of",
]

"""From findings to notifications: observations, incidents, the policy, sinks, and a record of every decision."""

from sparkmon.alerts.alert_manager import AlertManager
from sparkmon.alerts.alert_store import AlertStore
from sparkmon.alerts.dispatcher import Dispatcher
from sparkmon.alerts.matcher import SEVERITIES, Acknowledgements, Matcher, Silences
from sparkmon.alerts.observations import observations_of
from sparkmon.alerts.policy import Alerting, Policy, Route, SeverityRule
from sparkmon.alerts.rows import queued_notifications_of

__all__ = [
    "SEVERITIES",
    "Acknowledgements",
    "AlertManager",
    "AlertStore",
    "Alerting",
    "Dispatcher",
    "Matcher",
    "Policy",
    "Route",
    "SeverityRule",
    "Silences",
    "observations_of",
    "queued_notifications_of",
]

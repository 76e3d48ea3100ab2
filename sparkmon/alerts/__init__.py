"""From findings to notifications: observations, incidents, the policy, sinks, and a record of every decision."""

from sparkmon.alerts.actions import (
    acknowledge as acknowledge,
    chosen_id as chosen_id,
    end_silence as end_silence,
    silence as silence,
)
from sparkmon.alerts.alert_manager import AlertManager as AlertManager
from sparkmon.alerts.alert_store import AlertStore as AlertStore
from sparkmon.alerts.dispatcher import Dispatcher as Dispatcher
from sparkmon.alerts.matcher import (
    SEVERITIES as SEVERITIES,
    Acknowledgements as Acknowledgements,
    Matcher as Matcher,
    Silence as Silence,
    Silences as Silences,
)
from sparkmon.alerts.observations import observations_of as observations_of
from sparkmon.alerts.policy import Alerting as Alerting, Policy as Policy, Route as Route, SeverityRule as SeverityRule
from sparkmon.alerts.rows import queued_notifications_of as queued_notifications_of

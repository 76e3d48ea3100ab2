"""The destinations of alerts: one contract, one file per destination; no Spark here."""

from sparkmon.printable import printable
from sparkmon.secret import Secret
from sparkmon.sinks.alertmanager import AlertmanagerSink
from sparkmon.sinks.console import ConsoleSink
from sparkmon.sinks.hopsworks_result import HopsworksResultSink
from sparkmon.sinks.kafka import KafkaSink
from sparkmon.sinks.log import LogSink
from sparkmon.sinks.mail import EmailSink
from sparkmon.sinks.notification import Alert, Notification, Severity, State
from sparkmon.sinks.sink import SINKS, AlertSink, register_sink
from sparkmon.sinks.slack import SlackSink
from sparkmon.sinks.teams import TeamsSink
from sparkmon.sinks.webhook import WebhookSink

__all__ = [
    "SINKS",
    "Alert",
    "AlertSink",
    "AlertmanagerSink",
    "ConsoleSink",
    "EmailSink",
    "HopsworksResultSink",
    "KafkaSink",
    "LogSink",
    "Notification",
    "Secret",
    "Severity",
    "SlackSink",
    "State",
    "TeamsSink",
    "WebhookSink",
    "printable",
    "register_sink",
]

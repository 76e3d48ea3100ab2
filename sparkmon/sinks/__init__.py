"""The destinations of alerts: one contract, one file per destination; no Spark here."""

from sparkmon.printable import printable as printable
from sparkmon.secret import Secret as Secret
from sparkmon.sinks.alertmanager import AlertmanagerSink as AlertmanagerSink
from sparkmon.sinks.console import ConsoleSink as ConsoleSink
from sparkmon.sinks.hopsworks_result import HopsworksResultSink as HopsworksResultSink
from sparkmon.sinks.kafka import KafkaSink as KafkaSink
from sparkmon.sinks.log import LogSink as LogSink
from sparkmon.sinks.mail import EmailSink as EmailSink
from sparkmon.sinks.notification import (
    Alert as Alert,
    Notification as Notification,
    Severity as Severity,
    State as State,
)
from sparkmon.sinks.sink import SINKS as SINKS, AlertSink as AlertSink, register_sink as register_sink
from sparkmon.sinks.slack import SlackSink as SlackSink
from sparkmon.sinks.teams import TeamsSink as TeamsSink
from sparkmon.sinks.webhook import WebhookSink as WebhookSink

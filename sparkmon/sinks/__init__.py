"""Where alerts are told: one contract, one file per destination; no Spark here."""

from sparkmon.printable import printable
from sparkmon.secret import Secret
from sparkmon.sinks.alert import Alert, Severity, State
from sparkmon.sinks.console import ConsoleSink
from sparkmon.sinks.notification import Notification
from sparkmon.sinks.sink import AlertSink

__all__ = [
    "Alert",
    "AlertSink",
    "ConsoleSink",
    "Notification",
    "Secret",
    "Severity",
    "State",
    "printable",
]

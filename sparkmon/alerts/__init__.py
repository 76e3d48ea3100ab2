"""From findings to someone who should know: what is an alert, where it goes, and that nothing is lost."""

from sparkmon.alerts.alert import alerts_of
from sparkmon.alerts.batch import deliver
from sparkmon.alerts.console import ConsoleSink
from sparkmon.alerts.sink import Alert, AlertSink

__all__ = ["Alert", "AlertSink", "ConsoleSink", "alerts_of", "deliver"]

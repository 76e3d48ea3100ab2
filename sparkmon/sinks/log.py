"""Notifications in Python's logging, for whatever collects the logs."""

import logging
from dataclasses import asdict, dataclass

from sparkmon.printable import printable
from sparkmon.sinks.notification import Notification
from sparkmon.sinks.sink import ConfiguredSink, register_sink

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}


@register_sink
@dataclass(frozen=True)
class LogSink(ConfiguredSink):
    """Log a record per alert, and one that says how many more there are.

    Notes
    -----
    ``info``, ``warning`` and ``critical`` are the levels INFO, WARNING and CRITICAL; what is resolved is INFO. Each
    record has the attributes ``notification_id`` and ``alert``, a dictionary with the fields of
    :class:`sparkmon.sinks.Alert`, which formatters for JSON write; the one that counts further alerts has no ``alert``.

    Examples
    --------
    >>> LogSink().name
    'log'
    """

    kind = "log"

    logger: str = "sparkmon.alerts"
    """The name of the logger."""

    def deliver(self, notification: Notification) -> None:
        """Log it, control characters made visible: names in it come from outside."""
        logger = logging.getLogger(self.logger)
        extra: dict[str, object] = {"notification_id": notification.notification_id}
        for alert in notification.alerts:
            level = logging.INFO if alert.state == "resolved" else _LEVELS[alert.severity]
            logger.log(level, "%s", printable(alert.message), extra=extra | {"alert": asdict(alert)})
        more = notification.count - len(notification.alerts)
        if more:
            level = _LEVELS[notification.severity]
            logger.log(level, "and %d more: see the table alerts", more, extra=extra)

"""Notifications in Python's logging, for whatever collects the logs."""

from __future__ import annotations

import logging
from dataclasses import fields

from sparkmon.printable import printable
from sparkmon.sinks.alert import Alert
from sparkmon.sinks.notification import Notification
from sparkmon.sinks.sink import AlertSink

__all__ = ["LogSink"]

_FIELDS = [field.name for field in fields(Alert)]
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}


class LogSink(AlertSink):
    """Log a record per alert, and one that says how many more there are.

    Parameters
    ----------
    logger : str, default "sparkmon.alerts"
        The name of the logger.
    name : str, optional
        See :class:`sparkmon.sinks.AlertSink`.

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

    def __init__(self, logger: str = "sparkmon.alerts", *, name: str | None = None) -> None:
        super().__init__(name)
        self._logger = logging.getLogger(logger)

    def deliver(self, notification: Notification) -> None:
        """Log it, control characters made visible: names in it come from outside."""
        known: dict[str, object] = {"notification_id": notification.notification_id}
        for alert in notification.alerts:
            told = {name: getattr(alert, name) for name in _FIELDS}
            level = logging.INFO if alert.state == "resolved" else _LEVELS[alert.severity]
            self._logger.log(level, "%s", printable(alert.message), extra=known | {"alert": told})
        left = notification.count - len(notification.alerts)
        if left:
            level = _LEVELS[notification.severity]
            self._logger.log(level, "and %d more: see the table alerts", left, extra=known)

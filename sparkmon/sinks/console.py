"""Notifications printed for a person to read."""

from __future__ import annotations

import sys
from typing import TextIO

from sparkmon.sinks.notification import Notification
from sparkmon.sinks.sink import AlertSink

__all__ = ["ConsoleSink"]


class ConsoleSink(AlertSink):
    """Print a line per alert, and one that says how many more there are.

    Parameters
    ----------
    stream : text file, optional
        Where to print; standard error without, so that output for machines stays clean.
    name : str, optional
        See :class:`sparkmon.sinks.AlertSink`.
    """

    kind = "console"

    def __init__(self, stream: TextIO | None = None, *, name: str | None = None) -> None:
        super().__init__(name)
        self._stream = stream

    def deliver(self, notification: Notification) -> None:
        """Print it, control characters made visible: names in it come from outside."""
        word = "RESOLVED" if notification.state == "resolved" else "ALERT"
        said = "".join(f"{word} {notification.severity}: {line}\n" for line in notification.lines)
        # One write, so that lines of several threads do not mix.
        print(said, end="", file=self._stream or sys.stderr, flush=True)

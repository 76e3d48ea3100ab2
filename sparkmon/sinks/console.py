"""Notifications printed for a person to read."""

import sys
from dataclasses import dataclass
from typing import TextIO

from sparkmon.sinks.notification import Notification
from sparkmon.sinks.sink import ConfiguredSink, register_sink


@register_sink
@dataclass(frozen=True)
class ConsoleSink(ConfiguredSink):
    """Print a line per alert, and one that says how many more there are."""

    kind = "console"

    stream: TextIO | None = None
    """Where to print; by default standard error, so that output for machines stays clean."""

    def deliver(self, notification: Notification) -> None:
        """Print it, control characters made visible: names in it come from outside."""
        word = "RESOLVED" if notification.state == "resolved" else "ALERT"
        text = "".join(f"{word} {line}\n" for line in notification.lines)
        # One write, so that lines of several threads do not mix.
        print(text, end="", file=self.stream or sys.stderr, flush=True)

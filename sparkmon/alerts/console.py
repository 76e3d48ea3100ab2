"""Alerts printed for a person to read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from sparkmon.alerts.sink import Alert, AlertSink

__all__ = ["ConsoleSink"]


class ConsoleSink(AlertSink):
    """Print one line per alert.

    Parameters
    ----------
    stream : text file, optional
        Where to print; standard error without, so that output for machines stays clean.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream

    def deliver(self, alerts: Sequence[Alert]) -> None:
        """Print the alerts, control characters made visible: names in them come from outside."""
        for alert in alerts:
            line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in alert.message)
            print(f"ALERT {line}", file=self._stream or sys.stderr, flush=True)

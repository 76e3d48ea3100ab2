"""The contract of an alert sink: what it is given and what it must promise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta

from sparkmon.errors import OptionError
from sparkmon.sinks.notification import Notification

__all__ = ["AlertSink"]


class AlertSink(ABC):
    """Somewhere to send notifications to.

    Parameters
    ----------
    name : str, optional
        How routes, the ``deliveries`` table and logs call it; no two sinks of a monitor share one. ``kind`` without.

    Notes
    -----
    *Delivery*: at least once. Each sink has a thread of its own: one that hangs or fails does not keep others waiting.
    *Idempotence*: after a crash a notification may be delivered again; its ``notification_id`` is then the same.
    """

    kind: str
    """What it is: ``webhook``."""
    resolve_timeout: timedelta | None = None
    """How long an alert stays open there that nobody tells again; None where nothing ends by itself."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name if name is not None else self.kind
        if not self.name or not self.name.isprintable() or len(self.name) > 100:
            raise OptionError.malformed("name", name, "1 to 100 printable characters")

    @abstractmethod
    def deliver(self, notification: Notification) -> None:
        """Send a notification within a bounded time.

        Raises
        ------
        AlertDeliveryError
            It could not be sent; ``permanent`` where trying again is no use. Any other exception is taken as one that
            may pass. No message of an error holds a secret.
        """

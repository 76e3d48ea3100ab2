"""A sink that keeps its notifications, and fails first if configured to."""

from sparkmon.errors import AlertDeliveryError
from sparkmon.sinks import Alert, AlertSink, Notification

__all__ = ["Ledger"]


class Ledger(AlertSink):
    """Keeps notifications.

    Parameters
    ----------
    failures : int
        The number of deliveries that fail before one succeeds.
    name : str, optional
        See :class:`sparkmon.sinks.AlertSink`.
    permanent : bool
        Whether the failures are permanent.
    """

    kind = "ledger"

    def __init__(self, failures: int = 0, *, name: str | None = None, permanent: bool = False) -> None:
        super().__init__(name)
        self.notifications: list[Notification] = []
        self.failures, self.permanent = failures, permanent

    @property
    def alerts(self) -> list[Alert]:
        """All alerts of all notifications, in the order in which they came."""
        return [alert for note in self.notifications for alert in note.alerts]

    def deliver(self, notification: Notification) -> None:
        """Keep it, or fail."""
        if self.failures:
            self.failures -= 1
            if self.permanent:
                raise AlertDeliveryError.failed("refused", permanent=True)
            raise ConnectionError("down")
        self.notifications.append(notification)

"""The thread that gives one sink its notifications, so that one that hangs keeps no other waiting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TypeAlias

from sparkmon.alerts.mailbag import Mailbag, Parcel
from sparkmon.errors import AlertDeliveryError
from sparkmon.sinks import AlertSink, printable

__all__ = ["Courier", "Tell"]

_LOGGER = logging.getLogger(__name__)
_LONGEST_TEXT = 500
_POLL_S = 0.2

Tell: TypeAlias = Callable[[dict[str, Any]], None]
"""Takes what became of an attempt: ``sparkmon.schemas.DELIVERIES``."""


class Courier:
    """Delivers what is in a mailbag.

    Parameters
    ----------
    sink : AlertSink
        Where it goes.
    tell : callable
        See :data:`Tell`.
    """

    def __init__(self, sink: AlertSink, tell: Tell) -> None:
        self.sink, self._tell = sink, tell
        self._bag = Mailbag()
        self._known: set[str] = set()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(
            target=self._run, name=f"sparkmon alerts {sink.name}", daemon=True
        )
        self._thread.start()

    def put(self, parcel: Parcel) -> None:
        """Add a notification, unless it is on its way or went already."""
        with self._changed:
            if parcel.notification.notification_id not in self._known:
                self._known.add(parcel.notification.notification_id)
                self._bag.put(parcel)
                self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many notifications have not been delivered."""
        with self._changed:
            return len(self._bag)

    @property
    def is_failing(self) -> bool:
        """Whether the last attempt failed."""
        with self._changed:
            return self._bag.next_time is not None

    def stop(self) -> None:
        """Ask it to stop after the attempt that is under way."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def join(self, timeout_s: float) -> bool:
        """Wait until it has stopped; tell whether it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                parcel = self._bag.due(_now())
                if parcel is None:
                    self._changed.wait(_POLL_S if len(self._bag) else None)
                    continue
            self._try(parcel)

    def _try(self, parcel: Parcel) -> None:
        attempt = {
            "notification_id": parcel.notification.notification_id,
            "sink": self.sink.name,
            "attempt": parcel.attempts + 1,
            "error": None,
            "retry_time": None,
        }
        try:
            self.sink.deliver(parcel.notification)
        except Exception as error:
            # Whatever a sink raises, the others go on, and this one is tried again.
            attempt |= self._failed(parcel, error)
        else:
            with self._changed:
                self._bag.went(parcel)
            attempt["status"] = "delivered"
        self._tell(attempt | {"time": _now()})

    def _failed(self, parcel: Parcel, error: Exception) -> dict[str, Any]:
        known = error if isinstance(error, AlertDeliveryError) else AlertDeliveryError("")
        with self._changed:
            retry = self._bag.failed(
                parcel,
                _now(),
                permanent=known.permanent,
                retry_after_s=known.retry_after_s,
            )
        # The class alone of an error that is not a sink's own: its text may hold what nobody has looked at.
        said = str(error) if error is known else f"{type(error).__name__} in {self.sink.kind}"
        text = printable(said)[:_LONGEST_TEXT]
        fate = "given up" if retry is None else f"tried again at {retry:%H:%M:%S} UTC"
        _LOGGER.warning(
            "the sink %s did not take the notification %s (attempt %d, %s): %s",
            *(self.sink.name, parcel.notification.notification_id[:12], parcel.attempts, fate),
            text,
        )
        return {"status": "dead" if retry is None else "failed", "error": text, "retry_time": retry}


def _now() -> datetime:
    return datetime.now(timezone.utc)

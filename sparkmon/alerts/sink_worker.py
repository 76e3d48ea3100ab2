"""The thread that delivers to one sink, so that a sink that hangs does not delay the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from sparkmon.alerts.retry_queue import QueuedNotification, RetryQueue
from sparkmon.errors import AlertDeliveryError
from sparkmon.sinks import AlertSink, printable

_LOGGER = logging.getLogger(__name__)
_MAX_ERROR = 500
_POLL_S = 0.2


class SinkWorker(threading.Thread):
    """Delivers the notifications of its queue; reports each attempt, a row of ``sparkmon.schemas.DELIVERIES``."""

    def __init__(self, sink: AlertSink, report: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(name=f"sparkmon alerts {sink.name}", daemon=True)
        self.sink, self._report = sink, report
        self.queue = RetryQueue()
        self._ids: set[str] = set()
        self._changed = threading.Condition()
        self._ends = False
        self.start()

    def put(self, item: QueuedNotification) -> None:
        """Queue a notification, unless it was queued before."""
        with self._changed:
            if item.notification.notification_id not in self._ids:
                self._ids.add(item.notification.notification_id)
                self.queue.put(item)
                self._changed.notify_all()

    def stop(self) -> None:
        """Stop after the current attempt."""
        with self._changed:
            self._ends = True
            self._changed.notify_all()

    def run(self) -> None:
        """Deliver until it is stopped."""
        while True:
            with self._changed:
                if self._ends:
                    return
                item = self.queue.due(_now())
                if item is None:
                    self._changed.wait(_POLL_S if len(self.queue) else None)
                    continue
            self._try(item)

    def _try(self, item: QueuedNotification) -> None:
        attempt = {
            "notification_id": item.notification.notification_id,
            "sink": self.sink.name,
            "attempt": item.attempts + 1,
            "error": None,
            "retry_time": None,
        }
        try:
            self.sink.deliver(item.notification)
        except Exception as error:
            # Whatever a sink raises, the worker goes on and retries.
            attempt |= self._failed(item, error)
        else:
            with self._changed:
                self.queue.delivered(item)
            attempt["status"] = "delivered"
        self._report(attempt | {"time": _now()})

    def _failed(self, item: QueuedNotification, error: Exception) -> dict[str, Any]:
        own = error if isinstance(error, AlertDeliveryError) else AlertDeliveryError("")
        with self._changed:
            retry = self.queue.failed(
                item, _now(), permanent=own.permanent, retry_after_s=own.retry_after_s
            )
        # Only the class of any other error: its text may contain a secret.
        text = str(error) if error is own else f"{type(error).__name__} in {self.sink.kind}"
        text = printable(text)[:_MAX_ERROR]
        outcome = "given up" if retry is None else f"next attempt at {retry:%H:%M:%S} UTC"
        _LOGGER.warning(
            "the sink %s did not accept the notification %s (attempt %d, %s): %s",
            *(self.sink.name, item.notification.notification_id[:12], item.attempts, outcome),
            text,
        )
        return {"status": "dead" if retry is None else "failed", "error": text, "retry_time": retry}


def _now() -> datetime:
    return datetime.now(timezone.utc)

"""The notifications that wait for one sink, and its thread, so that a sink that hangs does not delay the others."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sparkmon.backoff import Backoff
from sparkmon.errors import AlertDeliveryError
from sparkmon.sinks import AlertSink, Notification, printable

_LOGGER = logging.getLogger(__name__)
_MAX_ERROR = 500
_POLL_S = 0.2
_PROBE_AT = 5
LONGEST_PAUSE_S = 300.0
GIVE_UP_S = 86400.0


@dataclass(slots=True)
class QueuedNotification:
    """A notification that waits for one sink."""

    notification: Notification
    attempts: int = 0
    others_delivered: bool = False
    """Whether the sink has accepted another notification since this one last failed."""
    queued_s: float = 0.0


class RetryQueue:
    """Keeps notifications in their order, and waits longer after each failure; pure. Times are monotonic seconds.

    Notes
    -----
    The back-off starts at 1 s and doubles up to 5 minutes, 20 % more or less; it is never shorter than the sink
    requests. The first notification is retried until it is delivered, so that no recovery is delivered before its
    alert. It is given up after a day in the queue; if the sink refuses it permanently; or, from its fifth failure on,
    if the sink accepts the next one and then fails this one again: then the notification is broken, not the sink.
    """

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._items: deque[QueuedNotification] = deque()
        self._ids: set[str] = set()
        self._backoff = Backoff(1.0, LONGEST_PAUSE_S, jitter)
        self.failures = 0
        """The number of failures since the last delivery."""
        self.next_s = 0.0
        """There is no attempt before then."""
        self._accepted_s = 0.0

    def __len__(self) -> int:
        return len(self._items)

    def blocked_s(self, now_s: float) -> float:
        """Return for how long notifications wait and none was delivered."""
        first = next(iter(self._items), None)  # another thread may remove it
        return 0.0 if first is None else now_s - max(self._accepted_s, first.queued_s)

    def put(self, item: QueuedNotification, now_s: float) -> None:
        """Append a notification, unless it was put before."""
        if item.notification.notification_id not in self._ids:
            self._ids.add(item.notification.notification_id)
            item.queued_s = now_s
            self._items.append(item)

    def due(self, now_s: float) -> QueuedNotification | None:
        """Return the notification to try now; None if the queue is empty, or it is too early."""
        if not self._items or now_s < self.next_s:
            return None
        first = self._items[0]
        looks_broken = first.attempts >= _PROBE_AT and not first.others_delivered
        if looks_broken and len(self._items) > 1 and first.attempts % 2:
            return self._items[1]
        return first

    def delivered(self, item: QueuedNotification, now_s: float) -> None:
        """Remove a notification that the sink has accepted."""
        self._items.remove(item)
        self.failures, self.next_s, self._accepted_s = 0, 0.0, now_s
        for other in self._items:
            other.others_delivered = True

    def failed(
        self, item: QueuedNotification, now_s: float, *, permanent: bool = False, retry_after_s: float | None = None
    ) -> float | None:
        """Count a failure, ``permanent`` if the sink refuses it; return the seconds until it is retried, if it is."""
        item.attempts += 1
        is_broken = item.attempts > _PROBE_AT and item.others_delivered
        is_old = now_s - item.queued_s >= GIVE_UP_S
        is_last = permanent or is_broken or is_old
        if is_last:
            self._items.remove(item)
        elif self._items[0] is not item:
            self._items[0].attempts += 1  # the probe was its turn
        item.others_delivered = False
        if permanent or is_broken:  # the sink works
            return None
        pause_s = max(self._backoff.pause_s(self.failures), retry_after_s or 0.0)
        self.failures, self.next_s = self.failures + 1, now_s + pause_s
        return None if is_last else pause_s


class SinkWorker(threading.Thread):
    """Delivers the notifications of its queue; reports each attempt, a row of ``sparkmon.schemas.DELIVERIES``."""

    def __init__(self, sink: AlertSink, report: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(name=f"sparkmon alerts {sink.name}", daemon=True)
        self.sink, self._report = sink, report
        self.queue = RetryQueue()
        self._changed = threading.Condition()
        self._ends = False
        self.start()

    def put(self, item: QueuedNotification) -> None:
        """Queue a notification, once."""
        with self._changed:
            self.queue.put(item, time.monotonic())
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
                item = self.queue.due(time.monotonic())
                if item is None:
                    self._changed.wait(_POLL_S if len(self.queue) else None)
                    continue
            self._try(item)

    def _try(self, item: QueuedNotification) -> None:
        identity, number = item.notification.notification_id, item.attempts + 1
        attempt = {"notification_id": identity, "sink": self.sink.name, "attempt": number}
        attempt |= {"status": "delivered", "error": None, "retry_time": None}
        try:
            self.sink.deliver(item.notification)
        except Exception as error:
            # Whatever a sink raises, the worker goes on and retries.
            attempt |= self._failed(item, error)
        else:
            with self._changed:
                self.queue.delivered(item, time.monotonic())
        self._report(attempt | {"time": datetime.now(timezone.utc)})

    def _failed(self, item: QueuedNotification, error: Exception) -> dict[str, Any]:
        own = error if isinstance(error, AlertDeliveryError) else AlertDeliveryError("")
        with self._changed:
            now_s, after_s = time.monotonic(), own.retry_after_s
            pause_s = self.queue.failed(item, now_s, permanent=own.permanent, retry_after_s=after_s)
        # Only the class of any other error: its text may contain a secret.
        text = str(error) if error is own else f"{type(error).__name__} in {self.sink.kind}"
        text = printable(text)[:_MAX_ERROR]
        retry = None if pause_s is None else datetime.now(timezone.utc) + timedelta(seconds=pause_s)
        outcome = "given up" if retry is None else f"next attempt at {retry:%Y-%m-%d %H:%M:%S} UTC"
        _LOGGER.warning(
            "the sink %s did not accept the notification %s (attempt %d, %s): %s",
            *(self.sink.name, item.notification.notification_id[:12], item.attempts, outcome),
            text,
        )
        return {"status": "dead" if retry is None else "failed", "error": text, "retry_time": retry}

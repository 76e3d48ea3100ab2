"""Delivers notifications with one worker per sink, and writes the notification log."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sparkmon.alerts.sink_worker import QueuedNotification, SinkWorker
from sparkmon.sinks import AlertSink, Notification

_Write: TypeAlias = Callable[[Sequence[Mapping[str, Any]]], None]

_LOGGER = logging.getLogger(__name__)
_WRITE_EVERY_S = 0.5
_STOP_S = 40.0


class Dispatcher:
    """Delivers notifications until it is stopped, in a thread of its own for each sink.

    ``write`` writes attempts, ``sparkmon.schemas.DELIVERIES``, and ``write_alerts`` the alerts that were sent before
    they were recorded; one thread at a time calls them, again until they succeed.

    Notes
    -----
    *Delivery*: at least once. A delivery is logged a moment later; after a crash in between the notification is
    delivered again, with the same ``notification_id``.
    """

    def __init__(self, sinks: Sequence[AlertSink], write: _Write, write_alerts: _Write | None = None) -> None:
        self._attempts: deque[Mapping[str, Any]] = deque()
        self._alerts: deque[Mapping[str, Any]] = deque()
        self._writes = ((self._alerts, write_alerts or write), (self._attempts, write))
        self._writing = threading.Lock()
        self._stopped = threading.Event()
        self._workers = {sink.name: SinkWorker(sink, self._attempts.append) for sink in sinks}
        self._writer = threading.Thread(target=self._run, name="sparkmon deliveries", daemon=True)
        self._writer.start()

    def put(self, notification: Notification, sinks: Iterable[str], *, attempts: int = 0) -> list[str]:
        """Queue a notification for these sinks, once; return the names of sinks that do not exist.

        ``attempts`` is the number of attempts before.
        """
        unknown = []
        for name in sinks:
            worker = self._workers.get(name)
            if worker is None:
                unknown.append(name)
            else:
                worker.put(QueuedNotification(notification, attempts))
        return unknown

    def record(self, alerts: Iterable[Mapping[str, Any]]) -> None:
        """Write alerts that are sent already, as soon as the tables allow it."""
        self._alerts.extend(alerts)

    @property
    def has_unrecorded(self) -> bool:
        """Whether alerts are still to be written, so that the next start would not know of them."""
        return bool(self._alerts)

    @property
    def waiting(self) -> dict[str, int]:
        """The number of notifications that each sink has still to accept."""
        return {name: len(worker.queue) for name, worker in self._workers.items()}

    @property
    def failing(self) -> list[str]:
        """The sinks whose last attempt failed."""
        return [name for name, worker in self._workers.items() if worker.queue.failures]

    @property
    def blocked_s(self) -> dict[str, float]:
        """For how long notifications have waited for each sink that has accepted none meanwhile, in seconds."""
        now_s = time.monotonic()
        return {name: worker.queue.blocked_s(now_s) for name, worker in self._workers.items()}

    def pause(self, sink: str, seconds: float) -> None:
        """Send nothing to a sink for a while, because it asked for that before the process started."""
        if sink in self._workers:
            self._workers[sink].queue.next_s = time.monotonic() + seconds

    def drain(self, within_s: float) -> int:
        """Wait until all notifications are delivered or the time is over; return how many are not."""
        end = time.monotonic() + within_s
        while (waiting := sum(self.waiting.values())) and time.monotonic() < end:
            time.sleep(0.05)
        self._flush()
        return waiting

    def stop(self) -> None:
        """Stop after the current attempts, and log them."""
        for worker in self._workers.values():
            worker.stop()
        for name, worker in self._workers.items():
            worker.join(_STOP_S)
            if worker.is_alive():
                _LOGGER.warning("the sink %s hangs; its notification may be sent again", name)
        self._stopped.set()
        self._writer.join()
        self._flush()

    def _run(self) -> None:
        while not self._stopped.wait(_WRITE_EVERY_S):
            self._flush()

    def _flush(self) -> None:
        with self._writing:
            for waiting, write in self._writes:
                rows = [*waiting.copy()]  # at once: others append meanwhile
                if not rows:
                    continue
                try:
                    write(rows)
                except Exception:
                    # The rows are kept: the tables may be available again in a moment.
                    _LOGGER.warning("could not write %d alerts or deliveries", len(rows), exc_info=True)
                    return
                for _ in rows:
                    waiting.popleft()

"""Notifications on their way: one courier per sink, and a clerk that puts on record what became of each attempt."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sparkmon.alerts.courier import Courier
from sparkmon.alerts.mailbag import Parcel
from sparkmon.sinks import AlertSink, Notification

__all__ = ["Dispatcher"]

_LOGGER = logging.getLogger(__name__)
_CLERK_S = 0.5
_STOP_S = 40.0


class Dispatcher:
    """Delivers notifications until it is stopped.

    Parameters
    ----------
    sinks : sequence of AlertSink
        Each has a thread of its own.
    record : callable
        Writes attempts, ``sparkmon.schemas.DELIVERIES``; called by one thread at a time.

    Notes
    -----
    *Delivery*: at least once. What was delivered is on record a moment later; after a crash in between it is delivered
    again, with the same ``notification_id``.
    """

    def __init__(
        self, sinks: Sequence[AlertSink], record: Callable[[Sequence[Mapping[str, Any]]], None]
    ) -> None:
        self._record = record
        self._attempts: list[Mapping[str, Any]] = []
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._stopped = threading.Event()
        self._couriers = {sink.name: Courier(sink, self._note) for sink in sinks}
        self._clerk = threading.Thread(
            target=self._keep_record, name="sparkmon deliveries", daemon=True
        )
        self._clerk.start()

    def put(
        self, notification: Notification, sinks: Iterable[str], *, attempts: int = 0
    ) -> list[str]:
        """Send a notification to these sinks; return the names of those that there are not.

        Parameters
        ----------
        notification : Notification
            What is told; given again, it is not sent twice.
        sinks : iterable of str
            Their names.
        attempts : int
            How often it was tried before.
        """
        unknown = []
        for name in sinks:
            courier = self._couriers.get(name)
            if courier is None:
                unknown.append(name)
            else:
                courier.put(Parcel(notification, attempts))
        return unknown

    @property
    def waiting(self) -> dict[str, int]:
        """How many notifications each sink has still to be given."""
        return {name: courier.waiting for name, courier in self._couriers.items()}

    @property
    def failing(self) -> list[str]:
        """The sinks whose last attempt failed."""
        return [name for name, courier in self._couriers.items() if courier.is_failing]

    def drain(self, within_s: float) -> int:
        """Wait until all have been delivered or the time is over; return how many have not."""
        end = time.monotonic() + within_s
        while (left := sum(self.waiting.values())) and time.monotonic() < end:
            time.sleep(0.05)
        self._write()
        return left

    def stop(self) -> None:
        """Stop after the attempts that are under way, and put them on record."""
        for courier in self._couriers.values():
            courier.stop()
        for name, courier in self._couriers.items():
            if not courier.join(_STOP_S):
                _LOGGER.warning("the sink %s hangs; what it was sent may be sent again", name)
        self._stopped.set()
        self._clerk.join()
        self._write()

    def _note(self, attempt: Mapping[str, Any]) -> None:
        with self._lock:
            self._attempts.append(attempt)

    def _keep_record(self) -> None:
        while not self._stopped.wait(_CLERK_S):
            self._write()

    def _write(self) -> None:
        with self._writing:
            with self._lock:
                attempts, self._attempts = self._attempts, []
            if not attempts:
                return
            try:
                self._record(attempts)
            except Exception:
                # What cannot be put on record now is kept: the tables may be back in a moment.
                _LOGGER.warning("could not write %d deliveries", len(attempts), exc_info=True)
                with self._lock:
                    self._attempts = [*attempts, *self._attempts]

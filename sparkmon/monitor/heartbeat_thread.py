"""A thread on the driver that sends heartbeats while a query runs."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.monitor.heartbeats import Heartbeats
from sparkmon.monitor.idle_tracker import IdleTracker

__all__ = ["HeartbeatThread"]

_LOGGER = logging.getLogger(__name__)
_POLL_S = 1.0


class HeartbeatThread:
    """Reads a query's progress every second, and sends a heartbeat when a window of an idle stream is due to close.

    Parameters
    ----------
    heartbeats : Heartbeats
        The query's.
    query : StreamingQuery
        The query.
    idle : timedelta
        See :class:`sparkmon.monitor.idle_tracker.IdleTracker`.
    """

    def __init__(self, heartbeats: Heartbeats, query: StreamingQuery, idle: timedelta) -> None:
        self._heartbeats, self._query = heartbeats, query
        self._idle = IdleTracker(heartbeats.clock, idle)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sparkmon heartbeats", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; blocks until no heartbeat is being written."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        batch, failing = -1, False
        while not self._stopped.wait(_POLL_S):
            try:
                if not self._query.isActive:
                    return
                batch, progress = self._heartbeats.progress(self._query, batch)
                end = self._idle.due(time.monotonic(), progress)
                if end is not None:
                    self._heartbeats.send(end)
                failing = False
            except Exception:
                # Without heartbeats windows stay open until events come; the queries go on.
                if not failing:
                    _LOGGER.warning("could not send a heartbeat; trying on", exc_info=True)
                failing = True

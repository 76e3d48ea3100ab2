"""Who sends heartbeats: a thread on the driver, for as long as a query runs."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.monitor.heartbeats import Heartbeats
from sparkmon.monitor.silence import Silence

__all__ = ["HeartbeatThread"]

_LOGGER = logging.getLogger(__name__)
_POLL_S = 1.0


class HeartbeatThread:
    """Looks at a running query every second, and sends a heartbeat when a window of a silent stream is due to close.

    Parameters
    ----------
    heartbeats : Heartbeats
        The query's.
    query : StreamingQuery
        The query.
    idle : timedelta
        See :class:`sparkmon.monitor.silence.Silence`.
    """

    def __init__(self, heartbeats: Heartbeats, query: StreamingQuery, idle: timedelta) -> None:
        self._heartbeats, self._query = heartbeats, query
        self._silence = Silence(heartbeats.clock, idle)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sparkmon heartbeats", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; blocks until no heartbeat is being written."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        batch, failing = -1, False
        while not self._stopped.wait(_POLL_S):
            try:
                if not self._query.isActive:
                    return
                batch, look = self._heartbeats.look(self._query, batch)
                end = self._silence.due(time.monotonic(), look)
                if end is not None:
                    self._heartbeats.move(end)
                failing = False
            except Exception:
                # Windows then stay open until events come, which is no reason to end the queries.
                if not failing:
                    _LOGGER.warning("could not send a heartbeat; trying on", exc_info=True)
                failing = True

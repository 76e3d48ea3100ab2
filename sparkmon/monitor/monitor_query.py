"""The handle of a running monitor, shaped as Spark's ``StreamingQuery``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql.streaming.listener import StreamingQueryProgress
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.alerts import AlertManager
from sparkmon.health import Watchdog
from sparkmon.monitor.checkpoint import failure_of
from sparkmon.monitor.heartbeat_thread import HeartbeatThread

__all__ = ["MonitorQuery"]

_TURN_S = 1.0
_LEAST_S = 0.001
"""Spark takes no timeout of 0."""


class MonitorQuery:
    """The running queries of a monitor, as one.

    :meth:`sparkmon.Monitor.start` makes it. Methods and attributes have the names and the meaning of Spark's
    ``StreamingQuery``.

    Parameters
    ----------
    queries : mapping of str to StreamingQuery
        Spark's own, by name: ``profiles`` closes windows and writes ``profiles``, ``drift_metrics`` and ``alerts``;
        ``dead_letters`` writes what could not be decoded, unless the rows were decoded elsewhere; ``provisional``
        finds gross drift in open windows, if requested.
    watchdog : Watchdog
        Checks the monitor's health.
    alerts : AlertManager
        Delivers the notifications.
    heartbeats : sequence of HeartbeatThread
        Send heartbeats while the stream is idle.
    flush : callable, optional
        Closes the windows that are open when all queries have ended.
    """

    def __init__(
        self,
        queries: Mapping[str, StreamingQuery],
        watchdog: Watchdog,
        alerts: AlertManager,
        heartbeats: Sequence[HeartbeatThread] = (),
        flush: Callable[[], None] | None = None,
    ) -> None:
        self.queries, self.watchdog = dict(queries), watchdog
        self._alerts, self._heartbeats, self._flush = alerts, heartbeats, flush

    def awaitTermination(self, timeout: float | None = None) -> bool | None:  # noqa: N802
        """Block until all queries have ended, or for ``timeout`` seconds; raise what ended one of them.

        Before it returns for the last time, the last window is closed (with ``flush``) and all notifications are
        attempted once.

        Parameters
        ----------
        timeout : float, optional
            In seconds; without, it blocks until the queries end.

        Returns
        -------
        bool or None
            With ``timeout``, whether all queries have ended; None without, as Spark does.

        Raises
        ------
        SparkmonError
            A disk is full, or the state of open windows is damaged; the message says what to do.
        """
        end = None if timeout is None else time.monotonic() + timeout
        try:
            while not self._await_turn(end):
                if end is not None and time.monotonic() >= end:
                    return False
            if self._flush is not None:
                self._flush()
                self._flush = None
        except BaseException:
            # The alert that a query has failed is still to be delivered.
            self._settle()
            raise
        self._settle()
        return None if timeout is None else True

    @property
    def isActive(self) -> bool:  # noqa: N802
        """Whether a query is running."""
        return any(query.isActive for query in self.queries.values())

    @property
    def status(self) -> dict[str, Any]:
        """Spark's status of the queries together: ``message``, ``isDataAvailable`` and ``isTriggerActive``."""
        each = {name: query.status for name, query in self.queries.items()}
        return {
            "message": "; ".join(f"{name}: {status['message']}" for name, status in each.items()),
            "isDataAvailable": any(status["isDataAvailable"] for status in each.values()),
            "isTriggerActive": any(status["isTriggerActive"] for status in each.values()),
        }

    @property
    def lastProgress(self) -> StreamingQueryProgress | None:  # noqa: N802
        """Spark's progress of the last batch of ``profiles``; None before the first."""
        return self.queries["profiles"].lastProgress

    @property
    def late_events(self) -> int:
        """How many events have come too late for their window since the start."""
        return self.watchdog.status().queries["profiles"].late

    def exception(self) -> Exception | None:
        """Return what ended a query; None unless an error did."""
        errors = (query.exception() for query in self.queries.values())
        error = next((error for error in errors if error is not None), None)
        return None if error is None else failure_of(error) or error

    def processAllAvailable(self) -> None:  # noqa: N802
        """Block until all that is in the source now is processed and its notifications are delivered."""
        for query in self.queries.values():
            query.processAllAvailable()
        self._alerts.drain()

    def stop(self) -> None:
        """Stop the queries; started again on the same tables and checkpoints, they go on where they were."""
        self._flush = None
        self._stop_threads()
        for query in self.queries.values():
            query.stop()
        # The alert that a query has failed has just been queued, and may be the last one.
        failed = any(query.exception() for query in self.queries.values())
        self._alerts.close(drain=failed)

    def _await_turn(self, end: float | None) -> bool:
        """Wait at most a second for each query; return whether all have ended."""
        # In turns, so that the failure of one is raised while another runs on.
        ended = []
        try:
            for query in self.queries.values():
                left_s = _TURN_S if end is None else min(_TURN_S, end - time.monotonic())
                # Spark takes fractions of a second, whatever its annotation says.
                ended.append(query.awaitTermination(max(left_s, _LEAST_S)))  # type: ignore[arg-type]
        except PySparkException as error:
            failure = failure_of(error)
            if failure is None:
                raise
            raise failure from error
        return all(ended)

    def _settle(self) -> None:
        self._stop_threads()
        self._alerts.close(drain=True)

    def _stop_threads(self) -> None:
        self.watchdog.stop()
        for thread in self._heartbeats:
            thread.stop()

"""The handle of a running monitor, shaped as Spark's ``StreamingQuery``."""

import time
from collections.abc import Sequence
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql.streaming.listener import StreamingQueryProgress
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.alerts import AlertManager
from sparkmon.health import Watchdog
from sparkmon.monitor.closer import Closer
from sparkmon.monitor.failures import failure_of
from sparkmon.monitor.repeating_thread import RepeatingThread

_TURN_S = 1.0
_LEAST_S = 0.001
"""Spark takes no timeout of 0."""


class MonitorQuery:
    """A running monitor.

    :meth:`sparkmon.Monitor.start` makes it. Methods and attributes have the names and the meaning of Spark's
    ``StreamingQuery``.
    """

    def __init__(
        self,
        query: StreamingQuery,
        closer: Closer,
        watchdog: Watchdog,
        alerts: AlertManager,
        threads: Sequence[RepeatingThread] = (),
        *,
        is_remote: bool = False,
        flush: bool = False,
    ) -> None:
        self.query, self.watchdog = query, watchdog
        self._closer, self._alerts, self._threads = closer, alerts, threads
        self._is_remote, self._flush = is_remote, flush

    def awaitTermination(self, timeout: float | None = None) -> bool | None:  # noqa: N802
        """Block until the query has ended, or for ``timeout`` seconds; raise what ended it.

        Before it returns for the last time, the last window is closed (with ``flush``) and all notifications are
        attempted once.

        Parameters
        ----------
        timeout : float, optional
            In seconds; without, it blocks until the query ends.

        Returns
        -------
        bool or None
            With ``timeout``, whether it has ended; None without, as Spark does.

        Raises
        ------
        SparkmonError
            A disk is full, Spark has lost its Python workers, or another query has taken over; the message says what
            to do.
        """
        end = None if timeout is None else time.monotonic() + timeout
        try:
            while not self._await_turn(end):
                if end is not None and time.monotonic() >= end:
                    return False
            self._finish()
        except BaseException:
            # The alert that the query has failed is still to be delivered.
            self._settle()
            raise
        self._settle()
        return None if timeout is None else True

    @property
    def isActive(self) -> bool:  # noqa: N802
        """Whether the query is running."""
        return bool(self.query.isActive)

    @property
    def status(self) -> dict[str, Any]:
        """Spark's status of the query: ``message``, ``isDataAvailable`` and ``isTriggerActive``."""
        return dict(self.query.status)

    @property
    def lastProgress(self) -> StreamingQueryProgress | None:  # noqa: N802
        """Spark's progress of the last batch; None before the first."""
        return self.query.lastProgress

    @property
    def late_rows(self) -> int:
        """How many rows have come too late for their window since the start."""
        return self.watchdog.status().counts.late_rows

    def exception(self) -> Exception | None:
        """Return what ended the query; None unless an error did."""
        error = self._lost_lease() or self.query.exception()
        return None if error is None else failure_of(error) or error

    def processAllAvailable(self) -> None:  # noqa: N802
        """Block until all that is in the source now is processed and its notifications are delivered."""
        self.query.processAllAvailable()
        if self._is_remote:
            self._closer.catch_up()
        self._alerts.drain()

    def stop(self, *, flush: bool = False) -> None:
        """Stop the query; started again on the same tables and checkpoints, it goes on where it was.

        ``flush`` is for a log that is complete, after :meth:`processAllAvailable`: the windows that are open close, and
        their notifications are attempted.
        """
        self._flush = flush
        self._stop_threads()
        self.query.stop()
        try:
            if flush:
                self._finish()
        finally:
            # The alert that the query has failed has just been queued, and may be the last one.
            self._alerts.close(drain=flush or self.query.exception() is not None)

    def _await_turn(self, end: float | None) -> bool:
        """Wait at most a second; return whether the query has ended."""
        left_s = _TURN_S if end is None else min(_TURN_S, end - time.monotonic())
        try:
            # Spark takes fractions of a second, whatever its annotation says.
            ended = self.query.awaitTermination(max(left_s, _LEAST_S))  # type: ignore[arg-type]
        except PySparkException as error:
            failure = failure_of(error)
            if failure is None:
                raise
            raise failure from error
        lost = self._lost_lease()
        if lost is not None:
            raise lost
        return bool(ended)

    def _lost_lease(self) -> Exception | None:
        return next((each.error for each in self._threads if each.error is not None), None)

    def _finish(self) -> None:
        """Take what the query has ingested, and close what is open if requested."""
        if self._is_remote:
            self._closer.catch_up()
        if self._flush:
            self._closer.close_all()
            self._flush = False

    def _settle(self) -> None:
        self._stop_threads()
        self._alerts.close(drain=True)

    def _stop_threads(self) -> None:
        self.watchdog.stop()
        for thread in self._threads:
            thread.stop()

"""Starts a monitor: one streaming query, what closes its windows, and the threads next to it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from datetime import timedelta

from pyspark.sql import DataFrame

from sparkmon.alerts import AlertManager
from sparkmon.comparison import Judge
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.distributions.schema import PROFILES
from sparkmon.errors import OptionError
from sparkmon.health import Counters, HealthLimits, Watchdog, health_writer
from sparkmon.monitor.batch_writer import BatchWriter
from sparkmon.monitor.checkpoint import check_checkpoint
from sparkmon.monitor.clock_thread import ClockThread
from sparkmon.monitor.closer import Closer
from sparkmon.monitor.dead_letters import DeadLetters
from sparkmon.monitor.leases import Leases
from sparkmon.monitor.maintenance_thread import MaintenanceThread
from sparkmon.monitor.monitor_query import MonitorQuery
from sparkmon.monitor.one_pass import Pass
from sparkmon.monitor.stream import find_query_id, start_stream
from sparkmon.monitor.windows import Windows
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.tables import Maintenance, Retention, Tables

_TABLES = {
    "profiles": PROFILES,
    "drift_metrics": DRIFT_METRICS,
    "closed_windows": CLOSED_WINDOWS,
}


class Start:
    """Starts queries of one monitor."""

    def __init__(
        self,
        tables: Tables,
        windows: Windows,
        judge: Judge,
        alerts: AlertManager,
        health: HealthLimits,
        trigger: timedelta,
        expected: Mapping[str, Collection[str]],
        retention: Retention,
    ) -> None:
        self._tables, self._windows, self._judge = tables, windows, judge
        self._alerts, self._health, self._trigger = alerts, health, trigger
        self._expected, self._retention = expected, retention

    def __call__(
        self,
        frame: DataFrame,
        ingest: Pass,
        checkpoints: str,
        *,
        available_now: bool,
        flush: bool,
        take_over: bool,
    ) -> MonitorQuery:
        """Start to ingest a stream; see :meth:`sparkmon.Monitor.start`."""
        if flush and not available_now:
            raise OptionError(
                "got flush for a stream that goes on, which closes its windows itself; set available_now, too"
            )
        spark, checkpoint = frame.sparkSession, f"{checkpoints}/ingest"
        check_checkpoint(spark, checkpoint)
        is_remote = type(spark).__module__.startswith("pyspark.sql.connect")
        tables, counters = self._tables.open(spark), Counters()
        lengths = [self._windows.grid.length, *self._windows.longer_us]
        leases = Leases([length / 1e6 for length in lengths], checkpoint, take_over)
        lock, closers = threading.Lock(), dict[str, Closer]()

        def closer_of(query_id: str) -> Closer:
            with lock:
                if query_id not in closers:
                    closers[query_id] = Closer(
                        tables,
                        self._windows,
                        self._judge,
                        self._alerts,
                        counters,
                        leases,
                        query_id,
                        self._expected,
                    )
                return closers[query_id]

        for name, schema in _TABLES.items():
            tables.prepare(name, schema)  # so that they can be read before the first window closes
        # A query that takes over delivers what the former holder has not.
        query_ids = {find_query_id(spark, checkpoint) or "", health_writer(checkpoints)}
        self._alerts.open(tables, None if take_over else query_ids)
        writer = BatchWriter(
            ingest,
            self._tables,
            leases,
            DeadLetters(self._tables, counters),
            counters,
            None if is_remote else closer_of,
            self._expected,
            self._windows.k,
        )
        trigger = None if available_now else self._trigger
        query = start_stream(frame, checkpoint, writer.write, trigger)
        closer = closer_of(str(query.id))
        watchdog = Watchdog(
            query, counters, self._alerts, self._health, checkpoints, may_end=available_now
        )
        threads: list[ClockThread | MaintenanceThread] = []
        if trigger is not None:
            # A writer of its own, because a table that is maintained keeps other users of its writer waiting.
            own = self._tables.open(spark)
            maintenance = Maintenance(own, self._retention, window=self._windows.span)
            threads.append(ClockThread(closer, query, trigger, is_remote=is_remote))
            threads.append(MaintenanceThread(maintenance))
        return MonitorQuery(
            query, closer, watchdog, self._alerts, threads, is_remote=is_remote, flush=flush
        )

"""Starts a monitor: one streaming query, what closes its windows, and the threads next to it."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.adversaries import Baseline
from sparkmon.alerts import AlertManager
from sparkmon.comparison import Judge
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.compat import condition_of, is_remote
from sparkmon.distributions.schema import PROFILES
from sparkmon.errors import OptionError
from sparkmon.health import Counters, HealthLimits, Watchdog
from sparkmon.monitor.batch_writer import BatchWriter
from sparkmon.monitor.checkpoint import check_checkpoint
from sparkmon.monitor.clock import CLOCK_POLL_S, Clock
from sparkmon.monitor.closer import Closer
from sparkmon.monitor.failures import shortened
from sparkmon.monitor.leases import Leases
from sparkmon.monitor.monitor_query import MonitorQuery
from sparkmon.monitor.one_pass import Pass
from sparkmon.monitor.periodic_steps import PeriodicStep, PeriodicSteps
from sparkmon.monitor.repeating_thread import RepeatingThread
from sparkmon.monitor.windows import Windows
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.tables import Maintenance, Retention, Tables

_TABLES = {"profiles": PROFILES, "drift_metrics": DRIFT_METRICS, "closed_windows": CLOSED_WINDOWS}
_WATCH_POLL_S = 10.0
_MAINTENANCE_POLL_S = 60.0
"""The first run is this long after the start."""


@dataclass(frozen=True, eq=False)
class Start:
    """Starts queries of one monitor."""

    tables: Tables
    windows: Windows
    judge: Judge
    alerts: AlertManager
    health: HealthLimits
    trigger: timedelta
    expected: Mapping[str, Collection[str]]
    """The columns of the references, by model."""
    predicting: Collection[str]
    """The models whose references have predictions."""
    baselines: Mapping[str, Baseline]
    """What the clients of models are judged by."""
    retention: Retention
    keep_outliers: int
    """How many outliers of a window are listed."""
    steps: PeriodicSteps
    """What is done about closed windows next to the query."""

    def __call__(
        self, frame: DataFrame, ingest: Pass, checkpoints: str, *, available_now: bool, flush: bool, take_over: bool
    ) -> MonitorQuery:
        """Start to ingest a stream; see :meth:`sparkmon.Monitor.start`."""
        if flush and not available_now:
            raise OptionError(
                "got flush for a stream that goes on, which closes its windows itself; set available_now, too"
            )
        spark, checkpoint = frame.sparkSession, f"{checkpoints}/ingest"
        check_checkpoint(spark, checkpoint)
        remote = is_remote(spark)
        tables, counters = self.tables.open(spark), Counters()
        lengths = [length.total_seconds() for length in self.windows.lengths]
        leases = Leases(lengths, checkpoint, take_over, self.expected)
        parts = (tables, self.windows, self.judge, self.alerts, counters, leases)
        closer = Closer(*parts, self.expected, self.predicting, self.baselines)
        for name, schema in _TABLES.items():
            tables.prepare(name, schema)  # so that they can be read before the first window closes
        query_id = _find_query_id(spark, checkpoint)
        self.alerts.open(tables, () if query_id is None else (query_id,))
        own_closer = None if remote else closer
        to_write = (leases, counters, own_closer, self.expected, self.windows.k, self.keep_outliers)
        writer = BatchWriter(ingest, self.tables, *to_write)
        # Made before anything starts, because options may be wrong.
        process = partial(self._process, closer)
        steps = self.steps.open(self.tables, process, spark)
        query = _start_stream(frame, checkpoint, writer.write, None if available_now else self.trigger)
        closer.query_id = str(query.id)
        if remote:
            closer.open_state()
        watchdog = Watchdog(query, counters, self.alerts, self.health, checkpoints, may_end=available_now)
        clock = Clock(closer, query, self.trigger.total_seconds(), is_remote=remote)
        threads = [] if available_now else self._threads(spark, query, clock, steps)
        return MonitorQuery(query, closer, watchdog, self.alerts, threads, is_remote=remote, flush=flush)

    def _process(self, closer: Closer, findings: pa.Table) -> int:
        return self.alerts.process(findings, {}, writer=closer.query_id)

    def _threads(
        self, spark: SparkSession, query: StreamingQuery, clock: Clock, steps: Sequence[PeriodicStep]
    ) -> list[RepeatingThread]:
        # A writer of its own, because a table that is maintained keeps other users of its writer waiting.
        own = self.tables.open(spark)
        maintenance = Maintenance(own, self.retention, window=self.windows.lengths[0])

        def maintain() -> None:
            now = datetime.now(timezone.utc)
            if maintenance.due(now):
                maintenance.run_once(now)

        # What fails here loses nothing: windows stay open, and tables are as they were, or partly maintained.
        closing = "could not close windows by the clock; trying on"
        maintaining = "could not maintain the tables; trying again later"
        return [
            *(RepeatingThread(each.name, _WATCH_POLL_S, each.look, each.trouble, query.stop) for each in steps),
            RepeatingThread("clock", CLOCK_POLL_S, clock.look, closing, query.stop),
            RepeatingThread("maintenance", _MAINTENANCE_POLL_S, maintain, maintaining, query.stop),
        ]


def _start_stream(
    frame: DataFrame, checkpoint: str, write: Callable[[DataFrame, str, int], None], trigger: timedelta | None
) -> StreamingQuery:
    """Start a query that passes each batch to ``write``: its rows, the query's id, and the batch's number."""
    query_id = ""

    def each(batch: DataFrame, batch_id: int) -> None:
        nonlocal query_id
        try:
            query_id = query_id or _id_of_this_query(batch.sparkSession, checkpoint)
            write(batch, query_id, batch_id)
        except Exception as error:  # goes on, with a message that Spark can bear
            raise shortened(error) from None

    stream = frame.writeStream.option("checkpointLocation", checkpoint).foreachBatch(each)
    if trigger is None:
        return stream.trigger(availableNow=True).start()
    seconds = trigger.total_seconds()
    return stream.trigger(processingTime=f"{seconds} seconds").start()


def _find_query_id(spark: SparkSession, checkpoint: str) -> str | None:
    """Return the id of a query, or None if its checkpoint does not exist yet."""
    try:
        return _query_id(spark, checkpoint)
    except AnalysisException as error:
        if condition_of(error) == "PATH_NOT_FOUND":
            return None
        raise


def _id_of_this_query(spark: SparkSession, checkpoint: str) -> str:
    """Return the id of the query on whose thread this is called; to read it from the checkpoint is a Spark job."""
    own = None if is_remote(spark) else spark.sparkContext.getLocalProperty("sql.streaming.queryId")
    return own or _query_id(spark, checkpoint)


def _query_id(spark: SparkSession, checkpoint: str) -> str:
    """Return the id that Spark gave a query when it made the checkpoint."""
    line = spark.read.text(f"{checkpoint}/metadata").collect()[0]["value"]
    return str(json.loads(line)["id"])

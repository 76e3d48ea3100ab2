"""The monitor: puts the rooms together over any DataFrame of events, streaming or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon import sources
from sparkmon.alerts import Alerting, AlertManager
from sparkmon.comparison import Checks, Judge
from sparkmon.errors import OptionError, ReferenceMissingError
from sparkmon.health import Counters, HealthLimits
from sparkmon.interval import parse_interval
from sparkmon.monitor.closed_windows import ClosedWindows
from sparkmon.monitor.dead_letters import DeadLetters
from sparkmon.monitor.idle_tracker import Clock
from sparkmon.monitor.longer_windows import LongerWindows
from sparkmon.monitor.monitor_query import MonitorQuery
from sparkmon.monitor.open_windows import OpenWindows
from sparkmon.monitor.queries import Queries
from sparkmon.monitor.verdicts import Verdicts
from sparkmon.monitor.views import skew_detector_of
from sparkmon.monitor.windows import Windows
from sparkmon.profiles import merge_profiles, profile_rows, projections_of
from sparkmon.slicing import slices_of, with_slices
from sparkmon.store import DEFAULT_REFERENCE, ReferenceStore, read_references, schemas_of
from sparkmon.tables import Tables

__all__ = ["COMPONENTS", "Monitor"]

COMPONENTS = ("predictor", "")
"""The hops that are watched by default: predictors, and loggers that do not name their component."""


class Monitor:
    """Monitors models: compares windows of live traffic with training references, and alerts if they differ.

    Parameters
    ----------
    store : ReferenceStore
        Holds the references, and with ``views`` the online rows: an OnlineStore, too. A model without a reference is
        profiled, and its findings say ``no_reference``.
    tables : str or Tables
        A directory or a catalog schema, for ``profiles``, ``drift_metrics``, ``alerts`` and ``dead_letters``.
    windows : Windows, optional
        The event-time windows: their length, when they close, and longer ones.
    checks : Checks, optional
        The statistics, their thresholds, and windows of the past to compare with.
    alerting : Alerting, optional
        The sinks, and the policy that decides what they get; by default the console.
    health : HealthLimits, optional
        When the monitor itself is unhealthy, which is an alert like others.
    reference : str, default "training"
        The name of the references to compare with.
    components : str or sequence of str, default ("predictor", "")
        The hops to watch, by ``ce-component``. A transformer's logger sends entity ids and no features, so by default
        only predictors are watched, and loggers that do not name their component.
    views : mapping of str to str, optional
        Model to the feature view, ``"name"`` or ``"name:version"``, that sparkmon's transformer serves it from. Its
        logged features are then compared with what the store holds (``skew_rate``); see :class:`sparkmon.SkewDetector`.
    slices : sequence of str, optional
        Which of the slices of the references to watch next to the whole table; by default all of them.

    Raises
    ------
    ReferenceMissingError
        The store has no reference of that name at all.
    StoreError
        The store has no such feature view.
    OptionError
        The store is not a ReferenceStore, or with ``views`` not an OnlineStore; a view is malformed, or has no
        feature group with a ``time`` column; or no reference was made with a slice.

    Notes
    -----
    A monitor reads the references when it is made: to use a new reference, make a new monitor.

    Examples
    --------
    >>> import tempfile, sparkmon
    >>> folder = tempfile.mkdtemp()
    >>> store = sparkmon.LocalStore(f"{folder}/store")
    >>> table = spark.range(10_000).selectExpr("id / 100 AS temp")
    >>> store.write_reference(sparkmon.reference_of(table, "flights").toArrow())
    >>> monitor = sparkmon.Monitor(store, f"{folder}/tables", windows=sparkmon.Windows("1 hour"))
    >>> sparkmon.register(spark)
    >>> events = spark.readStream.format("kserve").load(tempfile.mkdtemp())
    >>> monitor.start(events, f"{folder}/checkpoints", available_now=True).awaitTermination()
    """

    def __init__(
        self,
        store: ReferenceStore,
        tables: str | Tables,
        *,
        windows: Windows | None = None,
        checks: Checks | None = None,
        alerting: Alerting | None = None,
        health: HealthLimits | None = None,
        reference: str = DEFAULT_REFERENCE,
        components: str | Sequence[str] = COMPONENTS,
        views: Mapping[str, str] | None = None,
        slices: Sequence[str] | None = None,
    ) -> None:
        self.tables = tables if isinstance(tables, Tables) else Tables(tables)
        self.windows, self.checks = windows or Windows(), checks or Checks()
        self.components = [components] if isinstance(components, str) else list(components)
        alerts = AlertManager(alerting or Alerting())
        self._detector = skew_detector_of(store, views)
        references = with_slices(read_references(store, reference), slices)
        self.slices = slices_of(references)
        self._schemas = schemas_of(references)
        self._profiles = partial(
            profile_rows,
            window=self.windows.length,
            slide=self.windows.slide,
            slices=self.slices,
            projections=projections_of(references),
            k=self.windows.k,
        )
        if not self._schemas:
            raise ReferenceMissingError(
                f"{store!r} has no reference {reference!r}; make one with: sparkmon profile TABLE --as MODEL"
            )
        span, step, idle = self.windows.span, self.windows.step, self.windows.idle
        lengths = [self.windows.length, *self.windows.longer]
        judge = Judge(references, self.checks, step_s=step.total_seconds(), lengths=lengths)
        verdicts = Verdicts(judge)
        longer = LongerWindows(self.tables, span.total_seconds(), self.windows.longer)
        counters = Counters()
        self.closed_windows = ClosedWindows(verdicts, self.tables, alerts, longer, counters)
        provisional = self.windows.provisional
        self.open_windows = OpenWindows(verdicts, self.tables, alerts) if provisional else None
        self._queries = Queries(
            self._profiles,
            self.closed_windows,
            self.open_windows,
            DeadLetters(self.tables, counters),
            Clock(span, step, parse_interval("delay", self.windows.delay)),
            None if idle is None else parse_interval("idle", idle),
            health or HealthLimits(),
        )

    @property
    def models(self) -> list[str]:
        """The models that have a reference, in alphabetical order."""
        return [schema.model for schema in self._schemas]

    def rows(self, events: DataFrame) -> DataFrame:
        """Decode events, each once, to rows named and typed by the references; see :func:`sparkmon.rows`."""
        return self._rows(events)

    def profiles(self, events: DataFrame) -> DataFrame:
        """Summarise events per model, window and column: ``sparkmon.schemas.PROFILES``.

        In batch, the longer windows are among them, and the result is persisted, because :meth:`findings` goes over it
        several times: ``unpersist`` it when it is of no use any more. Of a stream, longer windows are merged from what
        it wrote: see :meth:`start`.
        """
        profiles = self._profiles(self.rows(events))
        if profiles.isStreaming:
            return profiles
        profiles = profiles.persist()
        k = self.windows.k
        longer = [merge_profiles(profiles, length, k=k) for length in self.windows.longer]
        return reduce(DataFrame.unionByName, longer, profiles)

    def findings(
        self,
        profiles: DataFrame,
        earlier: DataFrame | None = None,
        earlier_profiles: DataFrame | None = None,
    ) -> DataFrame:
        """Compare profiles with the references, and judge the findings together: ``sparkmon.schemas.DRIFT_METRICS``.

        Parameters
        ----------
        profiles : DataFrame
            ``sparkmon.schemas.PROFILES``, not streaming.
        earlier : DataFrame, optional
            Findings of the windows before, which may confirm these.
        earlier_profiles : DataFrame, optional
            Profiles of the windows before, for ``history``.
        """
        return self.closed_windows.verdicts.findings(profiles, earlier, earlier_profiles)

    def start(
        self,
        events: DataFrame,
        checkpoints: str,
        *,
        available_now: bool = False,
        flush: bool = False,
        take_over: bool = False,
    ) -> MonitorQuery:
        """Start to monitor a stream.

        Parameters
        ----------
        events : DataFrame
            A streaming DataFrame of events.
        checkpoints : str
            A directory for the queries' progress. Started again on it, nothing is lost and no row counted twice.
        available_now : bool, default False
            Process what is there and end, instead of going on. The last window stays open for the next run.
        flush : bool, default False
            With ``available_now``, :meth:`MonitorQuery.awaitTermination` closes the last window, too, for a log that is
            complete. Events up to the very end of that window are late from then on.
        take_over : bool, default False
            Go on after the last window that another query, which has ended for good, has written: its checkpoints are
            lost or damaged. The log is read again; use it until all of the log has been read.

        Raises
        ------
        OptionError
            ``events`` is not a stream; use :meth:`profiles` and :meth:`findings` in batch. Or ``flush`` is requested
            of a stream that goes on, or of checkpoints that an earlier version made.
        CheckpointError
            Here or by :meth:`MonitorQuery.awaitTermination`: a checkpoint is damaged, or another query writes the same
            windows.
        """
        _check_streaming(events, "events", "Monitor.profiles and Monitor.findings")
        return self._queries.start(
            lambda heartbeats: self._rows(events, heartbeats),
            checkpoints,
            spark=events.sparkSession,
            dead_letters=sources.dead_letters(sources.rows(self._watched(events), self._schemas)),
            available_now=available_now,
            flush=flush,
            take_over=take_over,
        )

    def start_rows(
        self,
        rows: DataFrame,
        checkpoints: str,
        *,
        available_now: bool = False,
        take_over: bool = False,
    ) -> MonitorQuery:
        """Start to monitor a stream of rows that are decoded already, such as :func:`sparkmon.feature_log_rows` makes.

        Their watermark is set already, so that no heartbeat can move it: the last window of a silent stream stays open
        until rows come.

        Parameters
        ----------
        rows : DataFrame
            ``sparkmon.schemas.DECODED``, streaming, with a watermark on ``event_time``.
        checkpoints, available_now, take_over
            As for :meth:`start`.

        Raises
        ------
        OptionError
            ``rows`` is not a stream; use ``sparkmon.profile_rows`` and :meth:`findings` in batch.
        """
        _check_streaming(rows, "rows", "sparkmon.profile_rows and Monitor.findings")
        start = partial(self._queries.start, lambda _: rows, checkpoints, spark=rows.sparkSession)
        return start(available_now=available_now, take_over=take_over)

    def _rows(self, events: DataFrame, heartbeats: DataFrame | None = None) -> DataFrame:
        read = partial(sources.rows, delay=self.windows.delay, detector=self._detector)
        return read(self._watched(events), self._schemas, heartbeats=heartbeats)

    def _watched(self, events: DataFrame) -> DataFrame:
        return events.where(F.col("component").isin(self.components))


def _check_streaming(frame: DataFrame, what: str, instead: str) -> None:
    if not frame.isStreaming:
        raise OptionError(
            f"got a batch DataFrame; read {what} with spark.readStream, or use {instead} for a batch"
        )

"""The monitor: puts the rooms together over any DataFrame of events, streaming or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon import sources
from sparkmon.alerts import AlertManager, Policy
from sparkmon.comparison import Checks, History
from sparkmon.errors import OptionError, ReferenceMissingError
from sparkmon.health import HealthLimits, Tally
from sparkmon.interval import parse_interval
from sparkmon.monitor.closed_windows import ClosedWindows
from sparkmon.monitor.dead_letters import DeadLetters
from sparkmon.monitor.longer_windows import LongerWindows, check_longer_windows
from sparkmon.monitor.open_windows import OpenWindows
from sparkmon.monitor.queries import Queries
from sparkmon.monitor.row_profiles import row_profiles
from sparkmon.monitor.silence import Clock
from sparkmon.monitor.verdicts import Verdicts
from sparkmon.monitor.views import read_views
from sparkmon.profiles import WINDOW_K, merge_profiles, slices_of, with_slices
from sparkmon.sinks import AlertSink, ConsoleSink
from sparkmon.skew import SkewDetector
from sparkmon.store import DEFAULT_REFERENCE, FeatureStore, schemas_of
from sparkmon.tables import Tables
from sparkmon.watch import Watch

__all__ = ["Monitor"]


class Monitor:
    """Watch models: windows of live traffic compared with training references, and alerts where they differ.

    Parameters
    ----------
    store : FeatureStore
        Holds the references. A model without one is profiled, and its findings say ``no_reference``.
    tables : str or Tables
        A directory or a catalog schema, for ``profiles``, ``drift_metrics``, ``alerts`` and ``dead_letters``.
    window : str, default "1 hour"
        Length of the event-time windows.
    slide : str, optional
        Distance between the starts of windows; they do not overlap without.
    idle : str or None, default "1 minute"
        How long no events must come for a stream to be silent. The windows of a silent stream close as if events
        went on: the time of the last event and the time since then decide. None: they stay open until events come.
    delay : str, default "10 minutes"
        How late events may come. A window closes once an event is this much later than its end; events that come
        later still are left out and counted (:meth:`sparkmon.watch.Watch.late_events`).
    reference : str, default "training"
        The name of the references to compare with.
    components : str or sequence of str, default ("predictor", "")
        The hops to watch, by ``ce-component``. What a transformer's logger tells has entity ids and no features, so
        that only predictors, and loggers that do not name their component, are watched.
    checks : Checks, optional
        The statistics and thresholds.
    history : sequence of str, default ()
        Windows of the past to compare each window with, too, such as ``previous``, ``trailing(24)`` or
        ``seasonal(7 days, 4)``; see :class:`sparkmon.History`.
    longer_windows : sequence of str, default ()
        Lengths of windows to judge as well, such as ``"1 day"`` beside windows of an hour, whole multiples of
        ``window``. They are merged from the profiles of the windows, without another pass over rows.
    provisional : bool, default False
        Whether to tell of gross drift in windows that are still open, too, at most once per window and column; see
        :func:`sparkmon.comparison.provisional`. It is a second query, which reads and decodes the log once more.
    views : mapping of str to str, optional
        Model to the feature view, ``"name"`` or ``"name:version"``, that sparkmon's transformer serves it from. Its
        logged features are then compared with what the store holds (``skew_rate``); see :class:`sparkmon.SkewDetector`.
    sinks : sequence of AlertSink, optional
        Where alerts are told beside the table; the console without.
    policy : Policy, optional
        When they are told, and to which sinks; see :class:`sparkmon.Policy` for what holds without.
    health : HealthLimits, optional
        When the monitor itself is not well, which is told as other alerts are; see :class:`sparkmon.HealthLimits`.
    slices : sequence of str, optional
        Which of the slices that the references were made with are watched beside the whole; all of them without.
    k : int, default 800
        KLL parameter of the windows' sketches.

    Raises
    ------
    ReferenceMissingError
        The store has no reference of that name at all.
    StoreError
        The store has no such feature view.
    OptionError
        A view is malformed, or has no feature group with a ``time`` column; a history is malformed; a longer window is
        no whole multiple of ``window``, or windows overlap; or no reference was made with a slice.

    Notes
    -----
    References are read when the monitor is made: make a new monitor to take up a new reference.

    Examples
    --------
    >>> import tempfile, sparkmon
    >>> folder = tempfile.mkdtemp()
    >>> store = sparkmon.LocalStore(f"{folder}/store")
    >>> table = spark.range(10_000).selectExpr("id / 100 AS temp")
    >>> store.write_reference(sparkmon.reference_of(table, "flights").toArrow())
    >>> monitor = sparkmon.Monitor(store, f"{folder}/tables", window="1 hour")
    >>> sparkmon.register(spark)
    >>> events = spark.readStream.format("kserve").load(tempfile.mkdtemp())
    >>> monitor.start(events, f"{folder}/checkpoints", available_now=True).wait()
    """

    def __init__(
        self,
        store: FeatureStore,
        tables: str | Tables,
        *,
        window: str = "1 hour",
        slide: str | None = None,
        idle: str | None = "1 minute",
        delay: str = "10 minutes",
        reference: str = DEFAULT_REFERENCE,
        components: str | Sequence[str] = ("predictor", ""),
        checks: Checks | None = None,
        history: Sequence[str] = (),
        longer_windows: Sequence[str] = (),
        provisional: bool = False,
        views: Mapping[str, str] | None = None,
        sinks: Sequence[AlertSink] | None = None,
        policy: Policy | None = None,
        health: HealthLimits | None = None,
        slices: Sequence[str] | None = None,
        k: int = WINDOW_K,
    ) -> None:
        self.tables = tables if isinstance(tables, Tables) else Tables(tables)
        self.window, self.slide, self.delay, self.k = window, slide, delay, k
        self.components = [components] if isinstance(components, str) else list(components)
        self.checks = checks or Checks()
        alerts = AlertManager(self.tables, [ConsoleSink()] if sinks is None else sinks, policy)
        served = read_views(store, views or {})
        self._detector = SkewDetector(store, served) if served else None
        references = with_slices(store.read_references(reference), slices)
        self.slices = slices_of(references)
        self._schemas = schemas_of(references)
        self._profiles = row_profiles(references, window, slide, k)
        if not self._schemas:
            raise ReferenceMissingError(
                f"{store!r} has no reference {reference!r}; make one with: sparkmon profile TABLE --as MODEL"
            )
        length, step = parse_interval("window", window), parse_interval("slide", slide or window)
        self.longer_windows = list(longer_windows)
        check_longer_windows(self.longer_windows, window, slide)
        past = [History.parse(text) for text in history]
        lengths = [window, *self.longer_windows]
        verdicts = Verdicts(references, self.checks, step.total_seconds(), lengths, past)
        longer = LongerWindows(self.tables, length.total_seconds(), self.longer_windows)
        tally = Tally()
        self.closed_windows = ClosedWindows(verdicts, self.tables, alerts, longer, tally)
        self.open_windows = OpenWindows(verdicts, self.tables, alerts) if provisional else None
        self._queries = Queries(
            self._profiles,
            self.closed_windows,
            self.open_windows,
            DeadLetters(self.tables, tally),
            Clock(length, step, parse_interval("delay", delay)),
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
        longer = [merge_profiles(profiles, length, k=self.k) for length in self.longer_windows]
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
    ) -> Watch:
        """Start watching a stream.

        Parameters
        ----------
        events : DataFrame
            A streaming DataFrame of events.
        checkpoints : str
            A directory for the queries' progress. Started again on it, nothing is lost and no row counted twice.
        available_now : bool, default False
            Process what is there and end, instead of going on. The last window stays open for the next run.
        flush : bool, default False
            With ``available_now``, :meth:`Watch.wait` closes the last window, too, for a log that is complete. Events
            up to the very end of that window are late from then on.
        take_over : bool, default False
            Go on behind what another query, which has ended for good, has written to the tables: its checkpoints are
            lost or damaged. The log is read again; ask for it until all of it has been read.

        Raises
        ------
        OptionError
            ``events`` is not a stream; use :meth:`profiles` and :meth:`findings` in batch. Or ``flush`` is asked of a
            stream that goes on, or of checkpoints that an earlier version made.
        CheckpointError
            Here or by :meth:`Watch.wait`: a checkpoint is damaged, or another query writes the same windows.
        """
        _check_streaming(events, "events", "Monitor.profiles and Monitor.findings")
        return self._queries.start(
            lambda heartbeats: self._rows(events, heartbeats),
            checkpoints,
            spark=events.sparkSession,
            letters=sources.dead_letters(sources.rows(self._watched(events), self._schemas)),
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
    ) -> Watch:
        """Start watching a stream of rows that are decoded already, such as :func:`sparkmon.feature_log_rows` makes.

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

    def _rows(self, events: DataFrame, beats: DataFrame | None = None) -> DataFrame:
        watched, delay, detector = self._watched(events), self.delay, self._detector
        return sources.rows(
            watched, self._schemas, delay=delay, detector=detector, heartbeats=beats
        )

    def _watched(self, events: DataFrame) -> DataFrame:
        return events.where(F.col("component").isin(self.components))


def _check_streaming(frame: DataFrame, what: str, instead: str) -> None:
    if not frame.isStreaming:
        raise OptionError(
            f"got a batch DataFrame; read {what} with spark.readStream, or use {instead} for a batch"
        )

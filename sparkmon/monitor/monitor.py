"""The monitor: puts the rooms together over any DataFrame of events, streaming or not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from pyspark.sql import DataFrame

from sparkmon import sources
from sparkmon.alerts import Alerting, AlertManager
from sparkmon.attributions import ModelEndpoint, baselines_of
from sparkmon.comparison import Checks, Judge
from sparkmon.dataframes import findings_of
from sparkmon.detectors import Outliers
from sparkmon.errors import OptionError, ReferenceMissingError
from sparkmon.health import HealthLimits
from sparkmon.ingest import Ingest
from sparkmon.interval import parse_interval
from sparkmon.labels import LabelSource
from sparkmon.monitor.batch_clients import client_findings, kept_rows
from sparkmon.monitor.client_baselines import client_baselines, client_identities
from sparkmon.monitor.kept_models import kept_models
from sparkmon.monitor.model_limit import columns_of
from sparkmon.monitor.monitor_query import MonitorQuery
from sparkmon.monitor.namespaces import check_namespaces, in_namespaces, qualified, watched
from sparkmon.monitor.one_pass import profiles_of
from sparkmon.monitor.outlier_detector import outlier_detector_of
from sparkmon.monitor.periodic_steps import PeriodicSteps
from sparkmon.monitor.start import Start
from sparkmon.monitor.views import provenance_of, skew_detector_of
from sparkmon.monitor.windows import Windows
from sparkmon.panes import PaneBuilder
from sparkmon.profiles import profile_rows, projections_of
from sparkmon.slicing import BlockSlices, slices_of, with_slices
from sparkmon.store import DEFAULT_REFERENCE, ReferenceStore, read_references, schemas_of
from sparkmon.tables import Retention, Tables

COMPONENTS = ("predictor", "")
"""The hops that are watched by default: predictors, and loggers that do not name their component."""


class Monitor:
    """Monitors models: compares windows of live traffic with training references, and alerts if they differ.

    Parameters
    ----------
    store : ReferenceStore
        Holds the references, which are read once; with ``views`` the online rows: an OnlineStore, too. A model
        without a reference is profiled, and its findings say ``no_reference``.
    tables : str or Tables
        A directory or a catalog schema, for the tables and the monitor's own state.
    windows : Windows, optional
        The event-time windows: their length, when they close, and longer ones.
    checks : Checks, optional
        The statistics, their thresholds, and windows of the past to compare with.
    alerting : Alerting, optional
        The sinks, and the policy of what they get; by default the console.
    health : HealthLimits, optional
        When the monitor itself is unhealthy, which is an alert like others.
    reference : str, default "training"
        The name of the references to compare with.
    components : str or sequence of str, default ("predictor", "")
        The hops to watch, by ``ce-component``. A transformer's logger sends entity ids and no features, so by default
        only predictors are watched, and loggers that do not name their component.
    namespaces : sequence of str, optional
        The namespaces to watch, by ``ce-namespace``; by default all. Of several, models are ``NAMESPACE/MODEL``
        everywhere, and what is named without a namespace stands for all. If none are chosen and the events of one model
        come from several, they are one model, and the health check ``namespaces`` says so.
    views : mapping of str to str, optional
        Model to the feature view, ``"name"`` or ``"name:version"``, that sparkmon's transformer serves it from. Its
        notes are read, and logged features compared with the store (``skew_rate``): :class:`sparkmon.SkewDetector`.
    slices : sequence of str, optional
        Which of the slices of the references to watch next to the whole table; by default all of them.
    outliers : Outliers, optional
        Which rows are outliers, and how many are listed. By default a thousandth, of the models whose references were
        made with ``--outliers``. If given, the requests of the other models are searched, too, by what each column is
        like by itself.
    keep_rows : sequence of str, default ()
        The models whose decoded rows are kept in the table ``rows``, to look at, or to join with labels.
    adversaries : mapping of str to str, optional
        Model to where its events say who asked: ``"header X-Client-Id"``, ``"entity NAME"``, ``"feature NAME"`` or
        ``"nobody"``. Its rows are kept, and its clients judged by their baseline, which ``sparkmon clients`` makes.
    labels : mapping of str to LabelSource, optional
        Where the labels of models come. Their answers are kept, with the features where something needs them, and a
        running monitor measures their performance; see :func:`sparkmon.validation_of`.
    attributions : mapping of str to ModelEndpoint, optional
        Where the predictors of models answer. Their rows are kept, and a running monitor asks what each feature adds.
    retention : Retention, optional
        How long the rows of the tables are kept; a running monitor expires and compacts them every hour.
    trigger : str, default "10 seconds"
        How often a running monitor looks for events. An alert comes at most this long after its window has closed.

    Raises
    ------
    ReferenceMissingError
        The store has no reference of that name at all.
    StoreError
        The store has no such feature view.
    OptionError
        The store is of another kind; a view is malformed; or no reference was made with a slice.

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
        namespaces: Sequence[str] = (),
        views: Mapping[str, str] | None = None,
        slices: Sequence[str] | None = None,
        outliers: Outliers | None = None,
        keep_rows: Sequence[str] = (),
        adversaries: Mapping[str, str] | None = None,
        labels: Mapping[str, LabelSource] | None = None,
        attributions: Mapping[str, ModelEndpoint] | None = None,
        retention: Retention | None = None,
        trigger: str = "10 seconds",
    ) -> None:
        self.tables = tables if isinstance(tables, Tables) else Tables(tables)
        self.windows, self.checks = windows or Windows(), checks or Checks()
        self.components = [components] if isinstance(components, str) else list(components)
        self._to_watch = partial(watched, components=self.components, namespaces=namespaces)
        self.namespaces, stored = check_namespaces(namespaces), read_references(store, reference)
        references = with_slices(qualified(stored, self.namespaces), slices)
        self.slices = slices_of(references)
        self._schemas = schemas_of(references)
        if not self._schemas:
            raise ReferenceMissingError(
                f"{store!r} has no reference {reference!r}; make one: sparkmon profile TABLE --as MODEL --store STORE"
            )
        k, projections = self.windows.k, projections_of(references)
        of_rows = partial(profile_rows, window=self.windows.length, slide=self.windows.slide, k=k)
        self._profiles = partial(of_rows, slices=self.slices, projections=projections)
        baselines = baselines_of(store, [schema.model for schema in self._schemas])
        self._detector = skew_detector_of(store, in_namespaces(views or {}, self.namespaces))
        self.judge = Judge(
            references,
            self.checks,
            step_s=self.windows.step.total_seconds(),
            lengths=[self.windows.length, *self.windows.longer],
            outlier_p=(outliers or Outliers()).rate,
            provenance=provenance_of(self._detector, baselines),
        )
        self.alerts = AlertManager(alerting or Alerting(), self.windows.lengths)
        self._expected = columns_of(self._schemas)
        of_slices = BlockSlices(self.slices) if self.slices else None
        builder = partial(PaneBuilder, self.windows.grid.pane, slices=of_slices, projections=projections, k=k)
        builder = partial(builder, expected=self._expected)
        by_model = {schema.model: schema for schema in self._schemas}
        clients = client_identities(in_namespaces(adversaries or {}, self.namespaces))
        others = [*(attributions or {}), *(adversaries or {})]
        models = kept_models(keep_rows, labels or {}, others, self.namespaces, self.slices, store)
        outlier_detector = outlier_detector_of(references, outliers, self.windows.grid.pane)
        own_keys = {each.key for each in baselines.values()}
        self._ingest = Ingest(builder, by_model, self._detector, models, outlier_detector, clients, own_keys)
        of_tables = (self.windows, self.checks, reference, self.namespaces, slices)
        self.trigger, self._baselines = parse_interval("trigger", trigger), client_baselines(store, clients)
        parts = (self.tables, self.windows, self.judge, self.alerts)
        self._start = Start(
            *parts,
            health or HealthLimits(),
            self.trigger,
            self._expected,
            {each.model for each in self._schemas if each.predictions},
            self._baselines,
            retention or Retention(),
            (outliers or Outliers()).keep,
            PeriodicSteps(store, labels or {}, attributions or {}, *of_tables),
        )

    @property
    def models(self) -> list[str]:
        """The models that have a reference, in alphabetical order."""
        return [schema.model for schema in self._schemas]

    def rows(self, events: DataFrame) -> DataFrame:
        """Decode events, each once, to rows named and typed by the references; see :func:`sparkmon.rows`."""
        read = partial(sources.rows, delay=self.windows.delay, detector=self._detector)
        return read(self._to_watch(events), self._schemas)

    def profiles(self, events: DataFrame) -> DataFrame:
        """Summarise events per model, window and column: ``sparkmon.schemas.PROFILES``.

        In batch, the events are read at once, in one pass as in a stream, and the longer windows are among the
        profiles. Of a stream, longer windows are merged from what it wrote: see :meth:`start`.
        """
        if events.isStreaming:
            return self._profiles(self.rows(events))
        return profiles_of(self._to_watch(events), self._ingest.of_events, self.windows, self._expected)

    def kept_rows(self, events: DataFrame) -> DataFrame:
        """Decode the rows of a batch of events that a stream keeps in the table ``rows``, with who asked."""
        return kept_rows(self._to_watch(events), self._ingest.of_events)

    def findings(
        self,
        profiles: DataFrame,
        earlier: DataFrame | None = None,
        earlier_profiles: DataFrame | None = None,
        rows: DataFrame | None = None,
    ) -> DataFrame:
        """Compare profiles with the references, and judge the findings together: ``sparkmon.schemas.DRIFT_METRICS``.

        Parameters
        ----------
        profiles : DataFrame
            ``sparkmon.schemas.PROFILES``, not streaming.
        earlier, earlier_profiles : DataFrame, optional
            Findings of the windows before, which may confirm these, and their profiles, for ``history``.
        rows : DataFrame, optional
            The table ``rows``, or :meth:`kept_rows`, of these windows and of twelve before: with them, clients are
            judged, too. The rows of one model have to fit in a worker's memory.
        """
        findings = findings_of(self.judge, profiles, earlier, earlier_profiles)
        return findings if rows is None else findings.unionByName(client_findings(self._baselines, profiles, rows))

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
            A directory for the query's progress. Started again on it, nothing is lost and no row counted twice.
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
            ``events`` is not a stream (see :meth:`findings`), or ``flush`` is requested of a stream that goes on.
        CheckpointError
            Here or by ``awaitTermination``: a checkpoint is damaged, or another query writes the same windows.
        """
        _check_streaming(events, "events", "Monitor.profiles and Monitor.findings")
        ingest, to_watch = replace(self._ingest, ahead_s=self.windows.ahead_s), self._to_watch(events)
        ending = {"available_now": available_now, "flush": flush, "take_over": take_over}
        return self._start(to_watch, ingest.of_events, checkpoints, **ending)

    def start_rows(
        self,
        rows: DataFrame,
        checkpoints: str,
        *,
        available_now: bool = False,
        flush: bool = False,
        take_over: bool = False,
    ) -> MonitorQuery:
        """Start to monitor a stream of rows that are decoded already, such as :func:`sparkmon.feature_log_rows` makes.

        Parameters
        ----------
        rows : DataFrame
            ``sparkmon.schemas.DECODED``, streaming.
        checkpoints, available_now, flush, take_over
            As for :meth:`start`.

        Raises OptionError: ``rows`` is not a stream; use ``sparkmon.profile_rows`` and :meth:`findings` in batch.
        """
        _check_streaming(rows, "rows", "sparkmon.profile_rows and Monitor.findings")
        ending = {"available_now": available_now, "flush": flush, "take_over": take_over}
        return self._start(rows, self._ingest.of_rows, checkpoints, **ending)


def _check_streaming(frame: DataFrame, what: str, instead: str) -> None:
    if not frame.isStreaming:
        raise OptionError(f"got a batch DataFrame; read {what} with spark.readStream, or use {instead} for a batch")

"""The keys of ``monitor.yaml``."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from inspect import signature

from pyspark.sql import DataFrame, SparkSession

from sparkmon.adversaries import ClientIdentity
from sparkmon.alerts import Alerting
from sparkmon.attributions import ModelEndpoint
from sparkmon.comparison import Checks
from sparkmon.detectors import Outliers
from sparkmon.errors import OptionError
from sparkmon.health import HealthLimits
from sparkmon.labels import LabelSource
from sparkmon.monitor import COMPONENTS, Monitor, Windows
from sparkmon.option_types import Location, TablesLocation
from sparkmon.sources import EventSource
from sparkmon.store import DEFAULT_REFERENCE, ReferenceStore, open_store
from sparkmon.tables import Retention


@dataclass(frozen=True)
class StoreLocation:
    """Where the feature store with the references is."""

    path: Location
    """The directory of the feature store, or its mysql:// or hopsworks:// URL."""

    def open(self) -> ReferenceStore:
        """Open the store."""
        return open_store(self.path)


@dataclass(frozen=True)
class MetricsEndpoint:
    """Where Prometheus scrapes the monitor."""

    port: int
    """The port of /metrics; 0 takes a free one."""
    host: str = "127.0.0.1"
    """The address to listen on, such as 0.0.0.0."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise OptionError.malformed("port", self.port, "0 to 65535")


@dataclass(frozen=True)
class MonitorConfig:
    """One monitor. Relative paths in a file are relative to the file."""

    source: EventSource
    """Where events come from: {format: kserve, path: ...}, or {format: kafka, bootstrap_servers: ..., topic: ...}."""
    store: StoreLocation
    """The feature store: {path: ...}."""
    tables: TablesLocation
    """A directory with a / in it, such as ./tables, or a catalog schema."""
    checkpoints: Location | None = None
    """The directory of the query's progress. By default tables/checkpoints."""
    reference: str = DEFAULT_REFERENCE
    """The name of the references to compare with."""
    components: Sequence[str] = COMPONENTS
    """A list of the hops to watch, by ``ce-component``."""
    namespaces: Sequence[str] = ()
    """A list of the namespaces to watch. By default all; of several, models are ``NAMESPACE/MODEL``."""
    windows: Windows = field(default_factory=Windows)
    """The event-time windows."""
    checks: Checks = field(default_factory=Checks)
    """The statistics and their thresholds."""
    outliers: Outliers | None = None
    """Which rows are outliers. By default a thousandth, of models whose reference was made with --outliers."""
    slices: Sequence[str] | None = None
    """A list of the slices of the references to watch. By default all of them."""
    views: Mapping[str, str] = field(default_factory=dict)
    """The feature view of a model that a transformer serves: {MODEL: NAME:VERSION}."""
    trigger: str = "10 seconds"
    """How often the monitor looks for events. An alert comes at most this long after its window has closed."""
    alerting: Alerting = field(default_factory=Alerting)
    """The sinks and the policy of alerts."""
    health: HealthLimits = field(default_factory=HealthLimits)
    """When the monitor itself is unhealthy."""
    keep_rows: Sequence[str] = ()
    """A list of the models whose decoded rows are kept, in the table ``rows``."""
    adversaries: Mapping[str, str] = field(default_factory=dict)
    """Where a model's events say who asked: {MODEL: header X-Client-Id}, entity NAME, feature NAME or nobody. Its
    clients are judged."""
    labels: Mapping[str, LabelSource] = field(default_factory=dict)
    """Where a model's labels come: {MODEL: {table: PATH, label: COLUMN, ...}}. Its answers are kept, and its
    performance measured."""
    attributions: Mapping[str, ModelEndpoint] = field(default_factory=dict)
    """Where a model's predictor may be asked what each feature adds to its answers: {MODEL: {url: ...}}. Its rows are
    kept, and its newest window explained."""
    retention: Retention = field(default_factory=Retention)
    """How long the rows of the tables are kept."""
    metrics: MetricsEndpoint | None = None
    """Where Prometheus scrapes the monitor, such as {port: 9108}. By default nowhere."""
    spark: Mapping[str, str] = field(default_factory=dict)
    """Settings of the Spark session, if sparkmon starts it."""

    def __post_init__(self) -> None:
        if not self.components:
            raise OptionError.malformed("components", self.components, "at least one")
        for identity in self.adversaries.values():
            ClientIdentity.parse(identity)
        for model, source in self.labels.items():
            source.check_kept(self.retention.rows, model)
        if self.checkpoints is None and "/" not in self.tables:
            raise OptionError("expected checkpoints, a directory, because tables is a catalog schema")

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events, in the name of this monitor: each that has checkpoints of its own has one."""
        digest = hashlib.sha256(self.progress.encode()).hexdigest()
        return self.source.read_by(f"monitor-{digest[:12]}").events(spark)

    @property
    def progress(self) -> str:
        """The directory of the queries' checkpoints."""
        return self.checkpoints or f"{self.tables.rstrip('/')}/checkpoints"

    def monitor(self) -> Monitor:
        """Make the monitor.

        Raises ReferenceMissingError: the store has no reference of that name.
        """
        own = {each.name for each in fields(self)} - {"store", "tables"}
        options = {name: getattr(self, name) for name in own & {*signature(Monitor).parameters}}
        return Monitor(self.store.open(), self.tables, **options)

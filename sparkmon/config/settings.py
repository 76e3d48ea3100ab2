"""The keys of ``monitor.yaml``: what each means, its default, and the part of a monitor that it makes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pyspark.sql import DataFrame, SparkSession

from sparkmon.alerts import ConsoleSink
from sparkmon.comparison import RATES, Checks
from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval
from sparkmon.monitor import Monitor
from sparkmon.protocol.hopsworks_avro import SchemaVersion, TimeUnit
from sparkmon.sources import hopsworks_events, kafka_events
from sparkmon.statistics import STATISTICS
from sparkmon.store import DEFAULT_REFERENCE, FeatureStore, open_store

__all__ = ["HopsworksSource", "KServeSource", "KafkaSource", "MonitorConfig", "Sink", "Store"]


def _resolved(path: str, info: ValidationInfo) -> str:
    """Take a relative path as relative to the file it was read from."""
    if not path:
        raise OptionError("expected a path")
    base = (info.context or {}).get("base", ".")
    return path if "://" in path else str((Path(base) / path).absolute())


def _tables(location: str, info: ValidationInfo) -> str:
    return _resolved(location, info) if "/" in location else location


def _statistic(name: str) -> str:
    if name not in STATISTICS:
        raise OptionError(f"expected one of {', '.join(STATISTICS)}")
    return name


def _interval(text: str, info: ValidationInfo) -> str:
    parse_interval(info.field_name or "interval", text)
    return text


def _scalar(value: object) -> object:
    """Write what YAML reads as a number or truth value as Spark's option strings are."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Text: TypeAlias = Annotated[str, Field(min_length=1)]
Location: TypeAlias = Annotated[str, AfterValidator(_resolved)]
Interval: TypeAlias = Annotated[str, AfterValidator(_interval)]
Options: TypeAlias = dict[str, str]

_FORMATS = "kserve, kafka or hopsworks"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Source(_Strict):
    options: Options = Field({}, description="options of the Spark source, each a number or string")

    @field_validator("options", mode="before")
    @classmethod
    def _strings(cls, options: object) -> object:
        if not isinstance(options, dict):
            return options
        return {name: _scalar(value) for name, value in options.items()}


class KServeSource(_Source):
    """``format: kserve``: the spool of ``sparkmon receive``, or the objects of KServe's store logger."""

    format: Literal["kserve"] = Field(description=_FORMATS)
    path: Location = Field(description="the directory or URL of a spool or of stored objects")

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        return spark.readStream.format("kserve").options(**self.options).load(self.path)

    def described(self) -> str:
        """Say in a few words what is read."""
        return f"the inference log {self.path}"


class _Topic(_Source):
    """A topic, read from its beginning unless ``startingOffsets`` is set."""

    bootstrap_servers: Text = Field(description="the brokers, such as broker:9092")
    topic: Text = Field(description="the topic with the log")

    def records(self, spark: SparkSession) -> DataFrame:
        """Open the stream of Kafka's records."""
        options = {"startingOffsets": "earliest"} | self.options
        options |= {
            "kafka.bootstrap.servers": self.bootstrap_servers,
            "subscribe": self.topic,
            "includeHeaders": "true",
        }
        return spark.readStream.format("kafka").options(**options).load()

    def described(self) -> str:
        """Say in a few words what is read."""
        return f"the topic {self.topic} of {self.bootstrap_servers}"


class KafkaSource(_Topic):
    """``format: kafka``: CloudEvents on a topic."""

    format: Literal["kafka"] = Field(description=_FORMATS)

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        return kafka_events(self.records(spark))


class HopsworksSource(_Topic):
    """``format: hopsworks``: the Avro inference log of Hopsworks deployments on a topic."""

    format: Literal["hopsworks"] = Field(description=_FORMATS)
    schema_version: SchemaVersion | None = Field(
        None, description="1, 2, 3 or 4: the version of inferenceschema that all records have"
    )
    time_unit: TimeUnit = Field("auto", description="auto, s or ms: the unit of requestTimestamp")

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        return hopsworks_events(self.records(spark), self.schema_version, self.time_unit)


class Store(_Strict):
    """The feature store that holds the references."""

    path: Location = Field(
        description="the directory of the feature store, or its mysql:// or hopsworks:// URL"
    )

    def open(self) -> FeatureStore:
        """Open the store."""
        return open_store(self.path)


class Sink(_Strict):
    """Where alerts are told beside the table."""

    sink: Literal["console"] = Field(description="console")


class MonitorConfig(_Strict):
    """One monitor.

    Relative paths are relative to the file. Keys that are not set mean what they mean for
    :class:`sparkmon.Monitor`.
    """

    source: Annotated[
        KServeSource | KafkaSource | HopsworksSource, Field(discriminator="format")
    ] = Field(
        description="where events come from: {format: kserve, path: ...}, or {format: kafka or hopsworks, "
        "bootstrap_servers: ..., topic: ...}"
    )
    store: Store = Field(description="the feature store: {path: ...}")
    tables: Annotated[Text, AfterValidator(_tables)] = Field(
        description="a directory with a / in it, such as ./tables, or a catalog schema"
    )
    checkpoints: Location | None = Field(
        None, description="the directory of the queries' progress; tables/checkpoints without"
    )
    window: Interval = Field("1 hour", description="the length of the event-time windows")
    slide: Interval | None = Field(None, description="the distance between the starts of windows")
    delay: Interval = Field("10 minutes", description="how late events may come")
    reference: Text = Field(
        DEFAULT_REFERENCE, description="the name of the references to compare with"
    )
    components: tuple[str, ...] = Field(
        ("predictor", ""), description="a list of hops to watch, by ce-component", min_length=1
    )
    statistics: tuple[Annotated[str, AfterValidator(_statistic)], ...] = Field(
        Checks().statistics, description=f"a list of {', '.join(STATISTICS)}", min_length=1
    )
    thresholds: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        {}, description="a number per statistic, in the statistic's unit"
    )
    rates: dict[str, float] = Field(
        {}, description=f"the share of rows that is allowed per rate: {', '.join(RATES.values())}"
    )
    false_alarms_per_week: float = Field(
        1.0, description="how many windows a week may alarm although nothing has drifted", gt=0
    )
    consecutive: bool = Field(
        False, description="true to compare each window with the one before it, too"
    )
    views: dict[str, Text] = Field(
        {},
        description="the feature view of a model that a transformer serves: {MODEL: NAME:VERSION}",
    )
    alerts: tuple[Sink, ...] = Field(
        (Sink(sink="console"),), description="a list of sinks, such as [{sink: console}]"
    )
    spark: Options = Field({}, description="Spark settings, for a session that is started here")

    @field_validator("spark", mode="before")
    @classmethod
    def _strings(cls, settings: object) -> object:
        if not isinstance(settings, dict):
            return settings
        return {name: _scalar(value) for name, value in settings.items()}

    @field_validator("window", "slide")
    @classmethod
    def _lasts(cls, interval: str | None, info: ValidationInfo) -> str | None:
        if interval is None:
            return None
        length = parse_interval(str(info.field_name), interval)
        if not length:
            raise OptionError("expected an interval longer than 0")
        window = parse_interval("window", info.data.get("window", interval))
        if info.field_name == "slide" and length > window:
            raise OptionError(f"expected at most the window's length, {window or timedelta()}")
        return interval

    @field_validator("thresholds")
    @classmethod
    def _compared(cls, thresholds: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        if "statistics" in info.data:
            Checks(info.data["statistics"], thresholds)
        return thresholds

    @field_validator("rates")
    @classmethod
    def _known(cls, rates: dict[str, float]) -> dict[str, float]:
        return dict(Checks(rates=rates).rates)

    @model_validator(mode="after")
    def _has_checkpoints(self) -> MonitorConfig:
        if self.checkpoints is None and "/" not in self.tables:
            raise OptionError("expected checkpoints, a directory, where tables is a catalog schema")
        return self

    def progress(self) -> str:
        """Return the directory of the queries' checkpoints."""
        return self.checkpoints or f"{self.tables.rstrip('/')}/checkpoints"

    def monitor(self) -> Monitor:
        """Make the monitor; needs an active Spark session.

        Raises
        ------
        ReferenceMissingError
            The store has no reference of that name.
        """
        return Monitor(
            self.store.open(),
            self.tables,
            window=self.window,
            slide=self.slide,
            delay=self.delay,
            reference=self.reference,
            components=self.components,
            checks=Checks(self.statistics, self.thresholds, self.rates, self.false_alarms_per_week),
            consecutive=self.consecutive,
            views=self.views,
            sinks=[ConsoleSink() for _ in self.alerts],
        )

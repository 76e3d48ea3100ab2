"""The keys of ``monitor.yaml``: what each means, its default, and the part of a monitor that it makes."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from sparkmon.alerts import Alerting
from sparkmon.comparison import RATES, Checks, History
from sparkmon.config.health import HealthSettings, MetricsSettings
from sparkmon.config.policy import PolicySettings
from sparkmon.config.sinks import Alertmanager, Console, SinkSettings
from sparkmon.config.sources import HopsworksSource, KafkaSource, KServeSource
from sparkmon.config.values import Interval, Location, Options, Strict, Text, as_strings, resolved
from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval
from sparkmon.monitor import Monitor, Windows
from sparkmon.statistics import STATISTICS
from sparkmon.store import DEFAULT_REFERENCE, FeatureStore, open_store

__all__ = ["MonitorConfig", "Store"]


def _tables(location: str, info: ValidationInfo) -> str:
    return resolved(location, info) if "/" in location else location


def _statistic(name: str) -> str:
    if name not in STATISTICS:
        raise OptionError(f"expected one of {', '.join(STATISTICS)}")
    return name


def _history(text: str) -> str:
    History.parse(text)
    return text


class Store(Strict):
    """The feature store that holds the references."""

    path: Location = Field(
        description="the directory of the feature store, or its mysql:// or hopsworks:// URL"
    )

    def open(self) -> FeatureStore:
        """Open the store."""
        return open_store(self.path)


class MonitorConfig(Strict):
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
    idle: Interval | None = Field(
        "1 minute",
        description="how long a stream is silent before its windows close by the clock; null for never",
    )
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
    history: tuple[Annotated[str, AfterValidator(_history)], ...] = Field(
        (), description="a list of previous, trailing(WINDOWS) or seasonal(PERIOD, WINDOWS)"
    )
    longer_windows: tuple[Interval, ...] = Field(
        (), description="a list of lengths that are whole multiples of window, such as [1 day]"
    )
    slices: tuple[Text, ...] | None = Field(
        None,
        description="a list of those slices of the references that are watched; all of them without",
    )
    provisional: bool = Field(
        False, description="true to tell of gross drift in windows that are still open, too"
    )
    views: dict[str, Text] = Field(
        {},
        description="the feature view of a model that a transformer serves: {MODEL: NAME:VERSION}",
    )
    alerts: tuple[SinkSettings, ...] = Field(
        (Console(sink="console"),), description="a list of sinks, such as [{sink: console}]"
    )
    policy: PolicySettings = Field(
        default_factory=lambda: PolicySettings.model_validate({}),
        description="when alerts are told, and to which sinks",
    )
    health: HealthSettings = Field(
        default_factory=lambda: HealthSettings.model_validate({}),
        description="when the monitor itself is not well",
    )
    metrics: MetricsSettings | None = Field(
        None, description="where Prometheus scrapes the monitor, such as {port: 9108}"
    )
    spark: Options = Field({}, description="Spark settings, for a session that is started here")

    @field_validator("spark", mode="before")
    @classmethod
    def _strings(cls, settings: object) -> object:
        return as_strings(settings)

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

    @field_validator("longer_windows")
    @classmethod
    def _mergeable(cls, lengths: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "window" in info.data and "slide" in info.data:
            Windows(info.data["window"], info.data["slide"], longer=lengths)
        return lengths

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

    @model_validator(mode="after")
    def _routed(self) -> MonitorConfig:
        names = [each.name or each.sink for each in self.alerts]
        timeouts = {
            name: parse_interval("resolve_timeout", each.resolve_timeout)
            for name, each in zip(names, self.alerts, strict=True)
            if isinstance(each, Alertmanager)
        }
        self.policy.policy().check_sinks(names, timeouts)
        return self

    def progress(self) -> str:
        """Return the directory of the queries' checkpoints."""
        return self.checkpoints or f"{self.tables.rstrip('/')}/checkpoints"

    def windows(self) -> Windows:
        """Make the windows."""
        return Windows(
            self.window,
            slide=self.slide,
            delay=self.delay,
            idle=self.idle,
            longer=self.longer_windows,
            provisional=self.provisional,
        )

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
            windows=self.windows(),
            checks=Checks(
                self.statistics,
                self.thresholds,
                self.rates,
                self.false_alarms_per_week,
                self.history,
            ),
            alerting=Alerting([each.open() for each in self.alerts], self.policy.policy()),
            health=self.health.limits(),
            reference=self.reference,
            components=self.components,
            views=self.views,
            slices=self.slices,
        )

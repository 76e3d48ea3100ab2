"""Where a monitor's alerts are told: the ``alerts`` of ``monitor.yaml``, one class per kind of sink."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from sparkmon.config.values import Interval, Location, SecretPlace, Setting, Strict, Text, Url
from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval
from sparkmon.sinks import (
    AlertmanagerSink,
    AlertSink,
    ConsoleSink,
    EmailSink,
    HopsworksResultSink,
    KafkaSink,
    LogSink,
    SlackSink,
    TeamsSink,
    WebhookSink,
)

__all__ = [
    "Alertmanager",
    "Console",
    "Email",
    "HopsworksResult",
    "Kafka",
    "Log",
    "SinkSettings",
    "Slack",
    "Teams",
    "Webhook",
]

_SINKS = "console, log, webhook, slack, teams, alertmanager, kafka, email or hopsworks"


def _name(name: str) -> str:
    if not name.isprintable() or len(name) > 100:
        raise OptionError("expected 1 to 100 printable characters")
    return name


class _Sink(Strict):
    name: Annotated[Text, AfterValidator(_name)] | None = Field(
        default=None, description="what routes and logs call it; no two sinks share one"
    )

    @abstractmethod
    def open(self) -> AlertSink:
        """Make the sink; nothing is connected yet."""

    @model_validator(mode="after")
    def _opens(self) -> _Sink:
        self.open()
        return self


class _HttpSink(_Sink):
    timeout_s: float = Field(10, description="seconds for one delivery", gt=0, le=300)
    allowed_hosts: tuple[Text, ...] | None = Field(
        None, description="a list of the only hosts that url may name, inside ones too"
    )


class Console(_Sink):
    """``sink: console``: printed."""

    sink: Literal["console"] = Field(description=_SINKS)

    def open(self) -> AlertSink:
        """Make the sink."""
        return ConsoleSink(name=self.name)


class Log(_Sink):
    """``sink: log``: Python's logging."""

    sink: Literal["log"] = Field(description=_SINKS)
    logger: Text = Field("sparkmon.alerts", description="the name of the logger")

    def open(self) -> AlertSink:
        """Make the sink."""
        return LogSink(self.logger, name=self.name)


class Webhook(_HttpSink):
    """``sink: webhook``: signed JSON to a URL."""

    sink: Literal["webhook"] = Field(description=_SINKS)
    url: Url = Field(description="an http or https URL, or {env: NAME} or {file: PATH}")
    secret: SecretPlace | None = Field(
        None, description="what signs the body: {env: NAME} or {file: PATH}"
    )
    bearer: SecretPlace | None = Field(None, description="a token: {env: NAME} or {file: PATH}")

    def open(self) -> AlertSink:
        """Make the sink."""
        return WebhookSink(
            self.url,
            secret=self.secret,
            bearer=self.bearer,
            allowed_hosts=self.allowed_hosts,
            timeout_s=self.timeout_s,
            name=self.name,
        )


class Slack(_HttpSink):
    """``sink: slack``: an incoming webhook, whose URL is a secret."""

    sink: Literal["slack"] = Field(description=_SINKS)
    url: SecretPlace = Field(description="where the URL is held: {env: NAME} or {file: PATH}")

    def open(self) -> AlertSink:
        """Make the sink."""
        hosts, timeout_s = self.allowed_hosts, self.timeout_s
        return SlackSink(self.url, allowed_hosts=hosts, timeout_s=timeout_s, name=self.name)


class Teams(_HttpSink):
    """``sink: teams``: the webhook of a workflow, whose URL is a secret."""

    sink: Literal["teams"] = Field(description=_SINKS)
    url: SecretPlace = Field(description="where the URL is held: {env: NAME} or {file: PATH}")

    def open(self) -> AlertSink:
        """Make the sink."""
        hosts, timeout_s = self.allowed_hosts, self.timeout_s
        return TeamsSink(self.url, allowed_hosts=hosts, timeout_s=timeout_s, name=self.name)


class Alertmanager(_HttpSink):
    """``sink: alertmanager``: a Prometheus Alertmanager."""

    sink: Literal["alertmanager"] = Field(description=_SINKS)
    url: Url = Field(description="the URL, such as http://alertmanager:9093, or {env: NAME}")
    resolve_timeout: Interval = Field(
        "26 hours", description="how long an alert without a reminder stays open"
    )
    bearer: SecretPlace | None = Field(None, description="a token: {env: NAME} or {file: PATH}")

    def open(self) -> AlertSink:
        """Make the sink."""
        return AlertmanagerSink(
            self.url,
            resolve_timeout=parse_interval("resolve_timeout", self.resolve_timeout),
            bearer=self.bearer,
            allowed_hosts=self.allowed_hosts,
            timeout_s=self.timeout_s,
            name=self.name,
        )


class Kafka(_Sink):
    """``sink: kafka``: CloudEvents on a topic."""

    sink: Literal["kafka"] = Field(description=_SINKS)
    bootstrap_servers: Text = Field(description="the brokers, such as broker:9092")
    topic: Text = Field(description="the topic")
    mode: Literal["binary", "structured"] = Field("binary", description="binary or structured")
    source: Text = Field("/sparkmon", description="the CloudEvents attribute source")
    settings: dict[str, Setting] = Field(
        {}, description="settings of librdkafka, secrets as {env: NAME} or {file: PATH}"
    )
    timeout_s: float = Field(10, description="seconds for one delivery", gt=0, le=300)

    def open(self) -> AlertSink:
        """Make the sink."""
        return KafkaSink(
            self.bootstrap_servers,
            self.topic,
            mode=self.mode,
            source=self.source,
            settings=self.settings,
            timeout_s=self.timeout_s,
            name=self.name,
        )


class Email(_Sink):
    """``sink: email``: an SMTP server."""

    sink: Literal["email"] = Field(description=_SINKS)
    host: Text = Field(description="the SMTP server")
    sender: Text = Field(description="the address that it comes from")
    recipients: tuple[Text, ...] = Field(
        description="a list of addresses", min_length=1, max_length=100
    )
    security: Literal["starttls", "tls", "plain"] = Field(
        "starttls", description="starttls, tls or plain"
    )
    port: int | None = Field(None, description="a port", ge=1, le=65535)
    username: Text | None = Field(None, description="whom to log in as")
    password: SecretPlace | None = Field(None, description="{env: NAME} or {file: PATH}")
    timeout_s: float = Field(30, description="seconds for one delivery", gt=0, le=300)

    def open(self) -> AlertSink:
        """Make the sink."""
        return EmailSink(
            self.host,
            self.sender,
            self.recipients,
            security=self.security,
            port=self.port,
            username=self.username,
            password=self.password,
            timeout_s=self.timeout_s,
            name=self.name,
        )


class HopsworksResult(_Sink):
    """``sink: hopsworks``: feature-monitoring results as JSON lines."""

    sink: Literal["hopsworks"] = Field(description=_SINKS)
    path: Location = Field(description="the file to append to")
    config_id: int | None = Field(None, description="the id of a feature-monitoring configuration")
    feature_store_id: int | None = Field(None, description="the id of the feature store")

    def open(self) -> AlertSink:
        """Make the sink."""
        ids = {"config_id": self.config_id, "feature_store_id": self.feature_store_id}
        return HopsworksResultSink(self.path, name=self.name, **ids)


SinkSettings: TypeAlias = Annotated[
    Console | Log | Webhook | Slack | Teams | Alertmanager | Kafka | Email | HopsworksResult,
    Field(discriminator="sink"),
]
"""One entry of ``alerts``."""

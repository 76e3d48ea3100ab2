"""Notifications as CloudEvents on a Kafka topic."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sparkmon.errors import AlertDeliveryError, MissingExtraError, OptionError
from sparkmon.json_bytes import dumps
from sparkmon.printable import excerpt, printable
from sparkmon.secret import Secret
from sparkmon.sinks.notification import Notification, notification_json, rfc3339
from sparkmon.sinks.sink import ConfiguredSink, check_timeout, register_sink

_SILENT = logging.Logger(__name__, logging.CRITICAL + 1)
"""Takes what librdkafka would write to standard error; what counts is in the error."""
_OURS = {"acks", "bootstrap.servers", "enable.idempotence", "logger", "message.timeout.ms"}
_SECRETS = ("password", "secret", "token", "key.pem", "sasl.oauthbearer.config")
_FINAL = {
    *("MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "INVALID_MSG", "INVALID_RECORD"),
    *("TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED", "TOPIC_EXCEPTION"),
}


@register_sink
@dataclass(frozen=True)
class KafkaSink(ConfiguredSink):
    """Write a notification as a CloudEvent to a topic, keyed by its model.

    Raises
    ------
    MissingExtraError
        confluent-kafka is not installed.
    OptionError
        A setting is one of the sink's own, or a secret in plain text.

    Notes
    -----
    ``id`` is the ``notification_id``, ``type`` is ``io.sparkmon.alert.`` and the state, ``subject`` the model, ``time``
    when the notification was made. The notification is that of
    :func:`sparkmon.sinks.notification.notification_json`. All in-sync replicas have to acknowledge (``acks=all``),
    and the producer is idempotent. Each delivery has a producer of its own: secrets are read anew, and nothing runs in
    between.

    References
    ----------
    CNCF (2022), "Kafka Protocol Binding for CloudEvents", version 1.0.2

    Examples
    --------
    >>> KafkaSink("broker:9092", "alerts", settings={"sasl.password": "hunter2"})
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got the setting 'sasl.password' in plain text; expected a Secret
    """

    kind = "kafka"

    bootstrap_servers: str
    """The brokers, such as ``broker:9092``."""
    topic: str
    """The topic, which has to exist."""
    mode: Literal["binary", "structured"] = field(default="binary", kw_only=True)
    """``binary``: the attributes are headers ``ce_...`` and the value is the notification. ``structured``: the value is
    one JSON object with the attributes, and the notification as ``data``."""
    source: str = field(default="/sparkmon", kw_only=True)
    """The CloudEvents attribute ``source``: a URI that names this monitor."""
    settings: Mapping[str, str | Secret] = field(default_factory=dict, kw_only=True)
    """Further settings of librdkafka's producer, such as ``{"security.protocol": "SASL_SSL", "sasl.password":
    Secret(...)}``. Whatever is secret has to be a :class:`sparkmon.sinks.Secret`."""
    timeout_s: float = field(default=10.0, kw_only=True)
    """The time-out of one delivery, in seconds."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for key in ("bootstrap_servers", "topic"):
            value = getattr(self, key)
            if not value or not value.isprintable():
                raise OptionError.malformed(key, value, "printable characters")
        if self.mode not in ("binary", "structured"):
            raise OptionError.malformed("mode", self.mode, "binary or structured")
        if not self.source or not self.source.isprintable() or " " in self.source:
            raise OptionError.malformed("source", self.source, "a URI without blanks")
        for key, setting in self.settings.items():
            if key in _OURS:
                raise OptionError(f"got the setting {key!r}, which the sink sets itself; leave it out")
            if any(word in key for word in _SECRETS) and not isinstance(setting, Secret):
                raise OptionError(f"got the setting {key!r} in plain text; expected a Secret")
        check_timeout(self.timeout_s)
        self._client()

    def _client(self) -> Any:  # noqa: ANN401 - a module without types
        try:
            import confluent_kafka
        except ImportError as error:
            raise MissingExtraError.of("confluent-kafka", "kafka") from error
        return confluent_kafka

    def deliver(self, notification: Notification) -> None:
        """Write it, and wait until the brokers have it."""
        hidden = {key: value.read() for key, value in self.settings.items() if isinstance(value, Secret)}
        failure = self._try(notification, {**self.settings, **hidden})
        if failure is not None:
            reason = excerpt(failure[0], hidden.values())
            message = f"{self.name} could not deliver to the topic {self.topic}: {reason}"
            # Raised here, where no error that may repeat a setting hangs on to it.
            raise AlertDeliveryError.failed(message, permanent=failure[1])

    def _try(self, notification: Notification, settings: Mapping[str, str | Secret]) -> tuple[str, bool] | None:
        """Produce one record; return the reason why it was not accepted, and whether that is permanent."""
        deadline = time.monotonic() + self.timeout_s
        reports: list[Any] = []
        broker_errors: list[str] = []
        headers, value = self._event(notification)
        client = self._client()
        try:
            producer = client.Producer(
                {
                    **settings,
                    "bootstrap.servers": self.bootstrap_servers,
                    "acks": "all",
                    "enable.idempotence": True,
                    "message.timeout.ms": int(self.timeout_s * 1000),
                    "error_cb": lambda error: broker_errors.append(error.str()),
                },
                logger=_SILENT,
            )
        except (client.KafkaException, ValueError, TypeError) as error:
            return f"librdkafka refuses the settings: {error}", True
        try:
            producer.produce(
                self.topic,
                value,
                key=notification.model.encode("utf-8", "backslashreplace"),
                headers=list(headers.items()),
                on_delivery=lambda error, _: reports.append(error),
            )
        except (client.KafkaException, BufferError) as error:
            return f"it does not accept the record: {error}", "SIZE_TOO_LARGE" in str(error)
        producer.flush(max(deadline - time.monotonic(), 0))
        if not reports:
            producer.purge()
            producer.flush(0.5)
        refusal = reports[0] if reports else None
        if reports and refusal is None:
            return None
        reason = "it was not acknowledged in time" if refusal is None else refusal.str()
        reasons = [reason, *dict.fromkeys(broker_errors)][:3]
        return "; ".join(reasons), refusal is not None and refusal.name() in _FINAL

    def _event(self, notification: Notification) -> tuple[dict[str, bytes], bytes]:
        attributes = {
            "specversion": "1.0",
            "id": notification.notification_id,
            "source": self.source,
            "type": f"io.sparkmon.alert.{notification.state}",
            "subject": printable(notification.model),
            "time": rfc3339(notification.created_time),
        }
        data = notification_json(notification)
        attributes = {name: value for name, value in attributes.items() if value}
        if self.mode == "binary":
            headers = {f"ce_{name}": value.encode() for name, value in attributes.items()}
            return headers | {"content-type": b"application/json"}, data
        attributes["datacontenttype"] = "application/json"
        value = dumps(attributes)[:-1] + b',"data":' + data + b"}"
        return {"content-type": b"application/cloudevents+json; charset=UTF-8"}, value

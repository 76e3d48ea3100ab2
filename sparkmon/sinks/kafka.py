"""Notifications as CloudEvents on a Kafka topic."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, Literal

import orjson

from sparkmon.errors import AlertDeliveryError, MissingExtraError, OptionError
from sparkmon.printable import printable
from sparkmon.secret import Secret
from sparkmon.sinks.excerpt import excerpt
from sparkmon.sinks.notification import Notification
from sparkmon.sinks.notification_json import notification_json, rfc3339
from sparkmon.sinks.sink import AlertSink
from sparkmon.sinks.timeout import checked_timeout

__all__ = ["KafkaSink"]

_SILENT = logging.Logger(__name__, logging.CRITICAL + 1)
"""Takes what librdkafka would write to standard error; what counts is in the error."""
_NOTHING: Mapping[str, str | Secret] = {}
_OURS = {"acks", "bootstrap.servers", "enable.idempotence", "logger", "message.timeout.ms"}
_SECRETS = ("password", "secret", "token", "key.pem", "sasl.oauthbearer.config")
_FINAL = {
    *("MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "INVALID_MSG", "INVALID_RECORD"),
    *("TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED", "TOPIC_EXCEPTION"),
}


class KafkaSink(AlertSink):
    """Write a notification as a CloudEvent to a topic, keyed by its model.

    Parameters
    ----------
    bootstrap_servers : str
        The brokers, such as ``broker:9092``.
    topic : str
        The topic, which has to be there.
    mode : {"binary", "structured"}, default "binary"
        ``binary``: the attributes are headers ``ce_...`` and the value is the notification. ``structured``: the value
        is one JSON object with the attributes, and the notification as ``data``.
    source : str, default "/sparkmon"
        The CloudEvents attribute: a URI that says which monitor this is.
    settings : mapping, optional
        Further settings of librdkafka's producer, such as ``{"security.protocol": "SASL_SSL", "sasl.password":
        Secret(...)}``. Whatever is secret has to be a :class:`sparkmon.sinks.Secret`.
    timeout_s : float, default 10.0
        How long one delivery may take.
    name : str, optional
        See :class:`sparkmon.sinks.AlertSink`.

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
    :func:`sparkmon.sinks.notification_json.notification_json`. All in-sync replicas have to acknowledge (``acks=all``),
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

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        *,
        mode: Literal["binary", "structured"] = "binary",
        source: str = "/sparkmon",
        settings: Mapping[str, str | Secret] = _NOTHING,
        timeout_s: float = 10.0,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        for key, value in (("bootstrap_servers", bootstrap_servers), ("topic", topic)):
            if not value or not value.isprintable():
                raise OptionError.malformed(key, value, "printable characters")
        if mode not in ("binary", "structured"):
            raise OptionError.malformed("mode", mode, "binary or structured")
        if not source or not source.isprintable() or " " in source:
            raise OptionError.malformed("source", source, "a URI without blanks")
        for key, setting in settings.items():
            if key in _OURS:
                raise OptionError(
                    f"got the setting {key!r}, which the sink sets itself; leave it out"
                )
            if any(word in key for word in _SECRETS) and not isinstance(setting, Secret):
                raise OptionError(f"got the setting {key!r} in plain text; expected a Secret")
        self._timeout_s = checked_timeout(timeout_s)
        self._servers, self._topic, self._settings = bootstrap_servers, topic, dict(settings)
        self._mode, self._source = mode, source
        try:
            import confluent_kafka
        except ImportError as error:
            raise MissingExtraError.of("confluent-kafka", "kafka") from error
        self._client = confluent_kafka

    def deliver(self, notification: Notification) -> None:
        """Write it, and wait until the brokers have it."""
        given = {
            key: value.read() if isinstance(value, Secret) else value
            for key, value in self._settings.items()
        }
        secrets = [given[key] for key, value in self._settings.items() if isinstance(value, Secret)]
        failure = self._try(notification, given)
        if failure is not None:
            reason, permanent = excerpt(failure[0], secrets), failure[1]
            told = f"{self.name} could not deliver to the topic {self._topic}: {reason}"
            # Raised here, where no error that may repeat a setting hangs on to it.
            raise (
                AlertDeliveryError.refused(told)
                if permanent
                else AlertDeliveryError.later(told, None)
            )

    def _try(self, notification: Notification, given: Mapping[str, str]) -> tuple[str, bool] | None:
        """Produce one record; return the reason why it is not there, and whether that is final."""
        deadline = time.monotonic() + self._timeout_s
        reported: list[Any] = []
        of_brokers: list[str] = []
        headers, value = self._event(notification)
        try:
            producer = self._client.Producer(
                {
                    **given,
                    "bootstrap.servers": self._servers,
                    "acks": "all",
                    "enable.idempotence": True,
                    "message.timeout.ms": int(self._timeout_s * 1000),
                    "error_cb": lambda error: of_brokers.append(error.str()),
                },
                logger=_SILENT,
            )
        except (self._client.KafkaException, ValueError, TypeError) as error:
            return f"librdkafka refuses the settings: {error}", True
        try:
            producer.produce(
                self._topic,
                value,
                key=notification.model.encode("utf-8", "backslashreplace"),
                headers=list(headers.items()),
                on_delivery=lambda error, _: reported.append(error),
            )
        except (self._client.KafkaException, BufferError) as error:
            return f"it does not take the record: {error}", "SIZE_TOO_LARGE" in str(error)
        producer.flush(max(deadline - time.monotonic(), 0))
        if not reported:
            producer.purge()
            producer.flush(0.5)
        if not reported:
            return "; ".join(
                ["it was not acknowledged in time", *dict.fromkeys(of_brokers)][:3]
            ), False
        (refusal,) = reported
        if refusal is None:
            return None
        is_final = refusal.name() in _FINAL
        return "; ".join([refusal.str(), *dict.fromkeys(of_brokers)][:3]), is_final

    def _event(self, notification: Notification) -> tuple[dict[str, bytes], bytes]:
        attributes = {
            "specversion": "1.0",
            "id": notification.notification_id,
            "source": self._source,
            "type": f"io.sparkmon.alert.{notification.state}",
            "subject": printable(notification.model),
            "time": rfc3339(notification.created_time),
        }
        data = notification_json(notification)
        if self._mode == "binary":
            headers = {f"ce_{name}": value.encode() for name, value in attributes.items() if value}
            return headers | {"content-type": b"application/json"}, data
        attributes["datacontenttype"] = "application/json"
        named = {name: value for name, value in attributes.items() if value}
        value = orjson.dumps(named | {"data": orjson.Fragment(data)})
        return {"content-type": b"application/cloudevents+json; charset=UTF-8"}, value

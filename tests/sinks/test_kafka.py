"""CloudEvents on a real broker, read back by a real consumer."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.sinks import KafkaSink, Notification, Secret
from tests.support.notifications import HOSTILE, alert, notification
from tests.support.raw_server import raw_server, trickle


@contextmanager
def made(kafka: str, config: dict[str, str]) -> Iterator[str]:
    """Give a new topic, removed after the test."""
    name = f"alerts-{uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(name, 1, 1, config=config)])[name].result(30)
    yield name
    admin.delete_topics([name])[name].result(30)


@pytest.fixture
def topic(kafka: str) -> Iterator[str]:
    with made(kafka, {}) as name:
        yield name


def read(kafka: str, topic: str) -> list[Message]:
    """Read a topic from its beginning to its end."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": uuid4().hex})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
        found = [consumer.poll(30) for _ in range(end)]
        assert all(each is not None and each.error() is None for each in found)
        return [each for each in found if each is not None]
    finally:
        consumer.close()


def headers_of(found: Message) -> dict[str, str]:
    pairs = found.headers() or []
    return {pair[0]: pair[1].decode() for pair in pairs if isinstance(pair[1], bytes)}


def failure(sink: KafkaSink, told: Notification | None = None) -> AlertDeliveryError:
    with pytest.raises(AlertDeliveryError) as caught:
        sink.deliver(told or notification())
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def test_binary_mode_has_the_attributes_as_headers(kafka: str, topic: str) -> None:
    KafkaSink(kafka, topic).deliver(notification())
    (found,) = read(kafka, topic)
    assert headers_of(found) == {
        "ce_specversion": "1.0",
        "ce_id": "n1",
        "ce_source": "/sparkmon",
        "ce_type": "io.sparkmon.alert.firing",
        "ce_subject": "flights",
        "ce_time": "2026-01-05T12:00:00Z",
        "content-type": "application/json",
    }
    assert found.key() == b"flights"
    assert json.loads(found.value() or b"")["alerts"][0]["column_name"] == "temp"


def test_structured_mode_is_one_object(kafka: str, topic: str) -> None:
    told = notification(alert(state="resolved", model=HOSTILE))
    KafkaSink(kafka, topic, mode="structured", source="https://example.com/monitors/1").deliver(told)
    (found,) = read(kafka, topic)
    kind = "application/cloudevents+json; charset=UTF-8"
    assert headers_of(found) == {"content-type": kind}
    event = json.loads(found.value() or b"")
    assert event.pop("data")["model"] == HOSTILE
    assert event.pop("subject").startswith("temp\\r\\nBcc")
    assert event == {
        "specversion": "1.0",
        "id": "n1",
        "source": "https://example.com/monitors/1",
        "type": "io.sparkmon.alert.resolved",
        "time": "2026-01-05T12:00:00Z",
        "datacontenttype": "application/json",
    }


def test_what_the_broker_never_takes_is_final(kafka: str) -> None:
    with made(kafka, {"max.message.bytes": "200"}) as topic:
        error = failure(KafkaSink(kafka, topic))
        assert read(kafka, topic) == []
    assert error.permanent
    assert "Message size too large" in str(error)


def test_what_the_client_never_takes_is_final() -> None:
    sink = KafkaSink("127.0.0.1:9", "alerts", settings={"message.max.bytes": "1000"})
    error = failure(sink, notification(alert(message="x" * 2000)))
    assert error.permanent
    assert "it does not accept the record" in str(error)


def test_a_thousand_endless_alerts_are_taken(kafka: str, topic: str) -> None:
    many = notification(*(alert(message="x" * 5000) for _ in range(1000)))
    KafkaSink(kafka, topic, settings={"compression.type": "none"}).deliver(many)
    (found,) = read(kafka, topic)
    assert 800_000 < len(found.value() or b"") < 1_000_000


def test_a_topic_that_is_not_there_may_come(kafka: str) -> None:
    error = failure(KafkaSink(kafka, "absent", timeout_s=2))
    assert not error.permanent
    assert str(error).startswith("[SPARKMON_ALERT_DELIVERY] kafka could not deliver to the topic absent: ")


@pytest.mark.slow
@pytest.mark.parametrize("text", [b"", b"\x00" * 1000])
def test_brokers_that_hang_or_trickle_are_bounded(text: bytes) -> None:
    with raw_server(trickle(text)) as port:
        began = time.monotonic()
        error = failure(KafkaSink(f"127.0.0.1:{port}", "alerts", timeout_s=1))
        assert time.monotonic() - began < 30  # it would hang for good
    assert not error.permanent


@pytest.mark.slow
def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PASSWORD", "hunter2-hunter2")
    login: dict[str, str | Secret] = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "ann",
        "sasl.password": Secret(env="PASSWORD"),
    }
    error = failure(KafkaSink("127.0.0.1:9", "alerts", settings=login, timeout_s=1))
    assert "Connection refused" in str(error)
    # librdkafka repeats a value that it does not know.
    wrong = login | {"sasl.mechanism": "NONE", "compression.type": Secret(env="PASSWORD")}
    error = failure(KafkaSink("127.0.0.1:9", "alerts", settings=wrong, timeout_s=1))
    assert error.permanent
    assert "refuses the settings" in str(error)
    assert "***" in str(error)
    assert "hunter2" not in str(error) + str(capfd.readouterr())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sasl.password": "hunter2"}, "'sasl.password' in plain text; expected a Secret"),
        ({"ssl.key.pem": "hunter2"}, "'ssl.key.pem' in plain text"),
        ({"acks": "1"}, "'acks', which the sink sets itself"),
    ],
)
def test_settings_that_will_not_do_are_refused(settings: dict[str, str | Secret], said: str) -> None:
    with pytest.raises(OptionError, match=said) as caught:
        KafkaSink("broker:9092", "alerts", settings=settings)
    assert "hunter2" not in str(caught.value)

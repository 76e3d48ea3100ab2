"""The Kafka broker lost and back while a monitor streams from it: every record in one window, once."""

import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pyspark.sql import SparkSession

from conftest import BROKER_JARS
from sparkmon.records import Event
from tests.faults.accounts import check_account
from tests.faults.job import Place
from tests.faults.report import Report
from tests.faults.traffic import Traffic, attributes
from tests.support.kafka_broker import KafkaBroker

DOWN_S = 10


def send(bootstrap: str, events: Iterable[Event]) -> None:
    """Produce events as Knative does, in their order, and wait until the broker has them."""
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "log_level": 0})
    for event in events:
        headers = {f"ce_{name}": value for name, value in attributes(event).items()}
        headers["content-type"] = "application/json"
        sent_ms = int(event.event_time.timestamp() * 1000)
        producer.produce(
            "log",
            value=event.payload,
            headers=[(name, value.encode()) for name, value in headers.items()],
            timestamp=sent_ms,
        )
    assert producer.flush(60) == 0


@pytest.mark.faults
@pytest.mark.kafka
def test_a_broker_that_dies_and_comes_back_costs_nothing(
    spark: SparkSession, references: Path, tmp_path: Path, report: Report
) -> None:
    traffic = Traffic(31)
    (tmp_path / "kafka").mkdir()
    with KafkaBroker(BROKER_JARS, tmp_path / "kafka") as broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        admin.create_topics([NewTopic("log", 1, 1)])["log"].result(30)
        source = (
            f'{{format: kafka, bootstrap_servers: "{broker.bootstrap}", topic: log, '
            "options: {maxOffsetsPerTrigger: 45}}"
        )
        place = Place(tmp_path / "job", references, source=source)
        send(broker.bootstrap, [*traffic.hour(0), *traffic.hour(1), *traffic.hour(2)])
        with place.start() as job:
            job.until("a first window", (place.tables / "profiles" / "_delta_log").exists)
            broker.kill()
            time.sleep(DOWN_S)
            broker.start()
            send(broker.bootstrap, traffic.hour(3))
            job.until_idle()
            broker.stop()
            time.sleep(DOWN_S)
            broker.start()
            send(broker.bootstrap, traffic.hour(4))
            job.until_idle()
            assert "are in no window" not in job.stop()
        place.run("--flush")
    account = check_account(spark, place.tables, traffic.book)
    report.row("Kafka broker killed, then restarted", 2, traffic.book, account)

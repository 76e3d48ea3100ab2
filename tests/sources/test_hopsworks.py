"""Hopsworks' inference log through a real Kafka, to decoded rows."""

from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pyspark.sql import SparkSession

from sparkmon.config import read_config
from sparkmon.errors import OptionError
from sparkmon.schemas import EVENTS
from sparkmon.sources import dead_letters, hopsworks_events, rows
from tests.support.hopsworks_log import RESPONSE, TIME_MS, log_record
from tests.support.streams import drained

TOPIC = "inference_log"
BROKEN = log_record(4)[:-1]
RECORDS = [
    log_record(1, requestTimestamp=TIME_MS // 1000, modelName="first"),
    log_record(2, modelName="second", responseHttpCode=500),
    log_record(3, modelName="third"),
    log_record(4),
    log_record(4, messageType="response", payload=RESPONSE),
    log_record(4),  # the same again, as a producer's retry makes it
    BROKEN,
    None,
]


@pytest.fixture(scope="module")
def topic(kafka: str) -> str:
    """Produce every record, with no key and no headers; give the broker's address."""
    admin = AdminClient({"bootstrap.servers": kafka})
    for made in admin.create_topics([NewTopic(TOPIC, 2, 1)]).values():
        made.result(30)
    producer = Producer({"bootstrap.servers": kafka})
    for value in RECORDS:
        producer.produce(TOPIC, value=value, partition=0)
    assert producer.flush(30) == 0
    return kafka


def options(bootstrap: str) -> dict[str, str]:
    return {"kafka.bootstrap.servers": bootstrap, "subscribe": TOPIC, "startingOffsets": "earliest"}


def test_the_records_of_a_topic_become_rows(spark: SparkSession, topic: str, tmp_path: Path) -> None:
    batch = hopsworks_events(spark.read.format("kafka").options(**options(topic)).load())
    stream = hopsworks_events(spark.readStream.format("kafka").options(**options(topic)).load())
    for events in (batch, drained(stream, tmp_path)):
        assert events.schema.names == EVENTS.names
        assert events.count() == 11
        decoded = rows(events, delay="1 minute").cache()
        letters = dead_letters(decoded).select("condition", "payload").collect()
        assert {(row.condition, bytes(row.payload)) for row in letters} == {
            ("AVRO_MALFORMED", BROKEN),
            ("AVRO_MALFORMED", b""),
        }
        told = decoded.where("kind != 'dead_letter'").selectExpr(
            "model", "event_id", "event_type", "kind", "instance", "model_version",
            "features.feature_1.number", "predictions.prediction.number", "date_format(event_time, 'SSS')",
        )  # fmt: skip
        assert sorted(tuple(row) for row in told.collect()) == [
            ("first", f"{TOPIC}/0/0", "request", "v1_request", 0, "2", 2.0, None, "000"),
            ("first", f"{TOPIC}/0/0", "request", "v1_request", 1, "2", 4.0, None, "000"),
            ("first", f"{TOPIC}/0/0", "response", "v1_response", 0, "2", None, 0.0, "000"),
            ("first", f"{TOPIC}/0/0", "response", "v1_response", 1, "2", None, 1.0, "000"),
            ("fraud", "a1", "request", "v1_request", 0, "2", 2.0, None, "123"),
            ("fraud", "a1", "request", "v1_request", 1, "2", 4.0, None, "123"),
            ("fraud", "a1", "response", "v1_response", 0, "2", None, 0.0, "123"),
            ("fraud", "a1", "response", "v1_response", 1, "2", None, 1.0, "123"),
            ("second", f"{TOPIC}/0/1", "request", "v1_request", 0, "2", 2.0, None, "123"),
            ("second", f"{TOPIC}/0/1", "request", "v1_request", 1, "2", 4.0, None, "123"),
            ("second", f"{TOPIC}/0/1", "response", "error", -1, "2", None, None, "123"),
            ("third", f"{TOPIC}/0/2", "request", "v1_request", 0, "2", 2.0, None, "123"),
            ("third", f"{TOPIC}/0/2", "request", "v1_request", 1, "2", 4.0, None, "123"),
            ("third", f"{TOPIC}/0/2", "response", "v1_response", 0, "2", None, 0.0, "123"),
            ("third", f"{TOPIC}/0/2", "response", "v1_response", 1, "2", None, 1.0, "123"),
        ]
        decoded.unpersist()


def test_a_version_that_was_named_holds_for_all(spark: SparkSession, topic: str) -> None:
    records = spark.read.format("kafka").options(**options(topic)).load()
    events = hopsworks_events(records, schema_version=4, time_unit="ms")
    kinds = events.groupBy("model", "condition").count().collect()
    assert {tuple(row) for row in kinds} == {
        ("fraud", None, 3),
        ("", "AVRO_MALFORMED", 4),  # of versions 1 and 3, the broken one and the null one
        ("second", None, 1),  # version 2 looks like 4, so that naming it falsely is not noticed here
    }


def test_monitor_yaml_names_such_a_topic(spark: SparkSession, topic: str, tmp_path: Path) -> None:
    source = f"{{format: hopsworks, bootstrap_servers: '{topic}', topic: {TOPIC}}}"
    text = f"source: {source}\nstore: {{path: store}}\ntables: ./tables\n"
    (tmp_path / "monitor.yaml").write_text(text)
    config = read_config(tmp_path / "monitor.yaml")
    events = drained(config.source.events(spark), tmp_path)
    assert events.where("condition IS NULL").count() == 9


@pytest.mark.parametrize(
    ("changes", "said"), [({"schema_version": 5}, r"schema_version=5; expected"), ({"time_unit": "us"}, r"time_unit")]
)
def test_an_unknown_version_or_unit_is_refused(spark: SparkSession, changes: dict[str, Any], said: str) -> None:
    names = ("value", "timestamp", "topic", "partition", "offset")
    records = spark.createDataFrame(pa.table({name: [b"x"] for name in names}))
    with pytest.raises(OptionError, match=said):
        hopsworks_events(records, **changes)
    with pytest.raises(OptionError, match=r"'offset'.*kafka"):
        hopsworks_events(records.drop("offset"), cast("Any", None))

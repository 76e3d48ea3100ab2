"""Events that went through a real Kafka are those that the logger posted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pyspark.sql import DataFrame, SparkSession

from sparkmon.errors import OptionError
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.schemas import EVENTS
from sparkmon.sources import kafka_events
from tests.protocol.captures import ROOT, all_events
from tests.support.streams import drained

MODES = ("binary", "structured")
BARE = "bare"
STRANGE = ([("plain", b"header"), ("empty", None)], b"\x00no event\xff")
Record = tuple[list[tuple[str, Any]], bytes | None]


def captured(mode: str) -> Iterator[Record]:
    """Read the records of one content mode, with their exact headers."""
    for path in sorted((ROOT / "kafka").glob("*.json")):
        for record in json.loads(path.read_text())["records"]:
            if record["mode"] == mode:
                value = record["value_b64"]
                headers = [(name, text.encode()) for name, text in record["headers"]]
                yield headers, None if value is None else base64.b64decode(value)


@pytest.fixture(scope="module")
def topics(kafka: str) -> str:
    """Produce every capture to the topic of its mode; give the broker's address."""
    admin = AdminClient({"bootstrap.servers": kafka})
    for made in admin.create_topics([NewTopic(name, 2, 1) for name in (*MODES, BARE)]).values():
        made.result(30)
    producer = Producer({"bootstrap.servers": kafka})
    errors: list[object] = []

    def delivered(error: object, _: object) -> None:
        errors.append(error)

    for mode in MODES:
        for headers, value in [*captured(mode), STRANGE]:
            producer.produce(mode, value=value, headers=headers, on_delivery=delivered)
    producer.produce(BARE, value=None, on_delivery=delivered)
    assert producer.flush(30) == 0
    assert set(errors) == {None}
    return kafka


def options(bootstrap: str, topic: str) -> dict[str, str]:
    return {
        "kafka.bootstrap.servers": bootstrap,
        "subscribe": topic,
        "startingOffsets": "earliest",
        "includeHeaders": "true",
    }


def comparable(rows: list[dict[str, Any]], ignore: str = "") -> list[str]:
    """Write rows as texts in an order of their own."""
    return sorted(repr({name: row[name] for name in row if name != ignore}) for row in rows)


def posted() -> list[dict[str, Any]]:
    """Give every event as HTTP brought it."""
    events: list[Event] = all_events()
    return events_to_batch(events).to_pylist()


@pytest.mark.parametrize("mode", MODES)
def test_kafka_brings_what_http_brought(
    spark: SparkSession, topics: str, tmp_path: Path, mode: str
) -> None:
    records = spark.read.format("kafka").options(**options(topics, mode)).load()
    stream = spark.readStream.format("kafka").options(**options(topics, mode)).load()
    wanted = comparable(posted())
    assert len(wanted) == len(list(captured(mode)))
    for events in (kafka_events(records), drained(kafka_events(stream), tmp_path)):
        assert events.schema.names == EVENTS.names
        rows = events.toArrow().to_pylist()
        (strange,) = [row for row in rows if row["condition"] == "NOT_A_CLOUDEVENT"]
        assert strange["payload"] == STRANGE[1]
        assert strange["event_time"].year >= 2024  # Kafka's own timestamp
        assert comparable([row for row in rows if row is not strange]) == wanted


def test_a_null_record_without_headers_is_a_dead_letter(spark: SparkSession, topics: str) -> None:
    records = spark.read.format("kafka").options(**options(topics, BARE)).load()
    (row,) = kafka_events(records).collect()
    assert (row.condition, bytes(row.payload)) == ("NOT_A_CLOUDEVENT", b"")


def test_records_without_headers_are_refused(spark: SparkSession) -> None:
    def frame(*names: str) -> DataFrame:
        return spark.createDataFrame(pa.table({name: [b"x"] for name in names}))

    with pytest.raises(OptionError, match=r"'headers'.*includeHeaders"):
        kafka_events(frame("value", "timestamp"))

"""Events that went through a real Kafka are those that the logger posted."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pyspark.sql import DataFrame, SparkSession, functions as F

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
def test_kafka_brings_what_http_brought(spark: SparkSession, topics: str, tmp_path: Path, mode: str) -> None:
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


CE_TIME = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
MS = 1_767_614_400_000
"""``CE_TIME``, in milliseconds since 1970."""


@pytest.mark.parametrize(
    ("stamp_ms", "kind", "condition"),
    [
        (MS, 0, None),
        (-1, 0, None),
        (MS // 1000, 0, None),
        (MS * 1000, 0, None),
        (None, 0, None),
        (MS - 600_000, 0, None),
        (MS - 600_000, None, None),
        (MS - 299_000, 1, None),
        (MS - 600_000, 1, "TIME_AHEAD"),
        (-1, 1, None),
    ],
)
def test_ce_time_decides_whatever_a_record_claims(
    spark: SparkSession, stamp_ms: int | None, kind: int | None, condition: str | None
) -> None:
    columns: dict[str, Any] = {
        "value": pa.array([b'{"instances": [[1.0]]}']),
        "timestamp": pa.array([stamp_ms], pa.int64()),
        "headers": pa.array(
            [
                [
                    {"key": "ce_id", "value": b"1"},
                    {"key": "ce_source", "value": b"pod"},
                    {"key": "ce_time", "value": b"2026-01-05T12:00:00Z"},
                    {"key": "ce_type", "value": b"org.kubeflow.serving.inference.request"},
                ]
            ]
        ),
    }
    if kind is not None:
        columns["timestampType"] = pa.array([kind], pa.int32())
    frame = spark.createDataFrame(pa.table(columns))
    records = frame.withColumn("timestamp", F.timestamp_millis("timestamp"))
    [row] = kafka_events(records).toArrow().to_pylist()
    assert row["condition"] == condition
    expected = CE_TIME if condition is None else CE_TIME - timedelta(minutes=10)
    assert row["event_time"] == expected

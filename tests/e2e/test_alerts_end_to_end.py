"""From a log on a real broker to alerts on another topic, in a real Alertmanager and at a signed webhook."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
from confluent_kafka import Consumer, TopicPartition
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from sparkmon.alerts import Alerting, AlertStore
from sparkmon.cli.app import app
from sparkmon.monitor import Monitor
from sparkmon.profiles import reference_of
from sparkmon.records import Event
from sparkmon.session import register
from sparkmon.sinks import AlertmanagerSink, WebhookSink
from sparkmon.sources import kafka_events
from sparkmon.store import LocalStore
from sparkmon.tables import Tables
from tests.support.kafka_records import Record, make_topic, produce, record_of
from tests.support.sink import Sink, sink
from tests.support.traffic import clock, requests

RANDOM = np.random.default_rng(6)
ROWS = 600
SECRET = b"0123456789abcdef0123456789abcdef"
MONITOR = """
source: {{format: kafka, bootstrap_servers: "{kafka}", topic: {log}}}
store: {{path: store}}
tables: ./tables
alerting:
  sinks:
  - {{sink: kafka, bootstrap_servers: "{kafka}", topic: {told}}}
  - {{sink: alertmanager, url: "{manager}"}}
  - {{sink: webhook, name: pager, url: "{pager}", secret: {{env: PAGER_SECRET}}}}
"""


def traffic(model: str, start: float, end: float, mean: float) -> list[Event]:
    """Give requests whose ``amount`` has this mean, and whose ``age`` is as in training."""
    rows = np.column_stack([RANDOM.normal(mean, 10, ROWS), RANDOM.normal(40, 5, ROWS)])
    return requests(model, start, end, rows.tolist(), 50)


def referenced(spark: SparkSession, place: Path, model: str) -> LocalStore:
    register(spark)
    store = LocalStore(place / "store")
    training = np.column_stack([RANDOM.normal(50, 10, 3000), RANDOM.normal(40, 5, 3000)])
    table = spark.createDataFrame(training.tolist(), "amount double, age double")
    store.write_reference(reference_of(table, model).toArrow())
    return store


def active(url: str, model: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{url}/api/v2/alerts", params={"filter": f'model="{model}"'}, trust_env=False)
    found: list[dict[str, Any]] = answer.raise_for_status().json()
    return found


def read(kafka: str, topic: str) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Read a topic's CloudEvents to its end: their attributes and data."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": uuid4().hex})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
        found = [consumer.poll(30) for _ in range(end)]
    finally:
        consumer.close()
    return [
        (
            {pair[0]: bytes(pair[1]).decode() for pair in each.headers() or []},  # type: ignore[arg-type]
            json.loads(each.value() or b""),
        )
        for each in found
        if each is not None
    ]


def test_both_modes_in_and_alerts_out(
    spark: SparkSession, kafka: str, alertmanager: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, log, told = (f"{word}-{uuid4().hex[:8]}" for word in ("shop", "log", "alerts"))
    monkeypatch.setenv("PAGER_SECRET", "whsec_" + base64.b64encode(SECRET).decode())
    make_topic(kafka, log)
    make_topic(kafka, told, 1)
    referenced(spark, tmp_path, model)
    events = [*traffic(model, 0, 59, 50), *traffic(model, 60, 119, 80)]
    good: list[Record] = [
        record_of(event, "binary" if number % 2 else "structured") for number, event in enumerate(events)
    ]
    strange: list[Record] = [
        ([], None),
        ([("content-type", b"application/cloudevents+json")], b'{"id": 1, "data": [}'),
        ([("ce_specversion", b"\xff\xfe")], b"\x00"),
    ]
    empty = record_of(clock(30, model), "binary")[0], None  # an event without a body is no mistake
    produce(kafka, log, [*good, *strange, empty, *good[:3]])  # three of them come twice
    with sink() as pager:
        text = MONITOR.format(kafka=kafka, log=log, told=told, manager=alertmanager, pager=f"{pager.url}in")
        (tmp_path / "monitor.yaml").write_text(text)
        done = CliRunner().invoke(app, ["run", str(tmp_path / "monitor.yaml"), "--flush"])
        assert done.exit_code == 0, done.exception
        posted = pager.posted
    tables = Tables(f"{tmp_path}/tables")
    counted = tables.read(spark, "profiles").where("column_name = 'amount'")
    assert counted.selectExpr("sum(profile.count)", "count(*)").first() == (2 * ROWS, 2)
    letters = tables.read(spark, "dead_letters")
    assert letters.count() == len(strange)
    store = AlertStore(tables.open(spark))
    (row,) = store.alerts()
    decision = (row["column_name"], row["state"], row["notified_state"])
    assert decision == ("amount", "firing", "firing")
    # To a topic, as a CloudEvent.
    ((attributes, data),) = read(kafka, told)
    assert attributes["ce_type"] == "io.sparkmon.alert.firing"
    assert attributes["ce_id"] == data["notification_id"] == row["notification_id"]
    assert data["alerts"][0]["message"] == row["message"]
    # To an Alertmanager.
    (found,) = active(alertmanager, model)
    assert (found["labels"]["column"], found["status"]["state"]) == ("amount", "active")
    # To a webhook, signed.
    (request,) = posted
    headers = {name.lower(): value for name, value in request.headers}
    said = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), request.body])
    digest = base64.b64encode(hmac.new(SECRET, said, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert sorted((each["sink"], each["status"]) for each in store.deliveries()) == [
        (name, "delivered") for name in ("alertmanager", "kafka", "pager")
    ]


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 180
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    assert holds()


def test_an_alert_is_there_within_two_triggers(
    spark: SparkSession, kafka: str, alertmanager: str, tmp_path: Path
) -> None:
    model, log = (f"{word}-{uuid4().hex[:8]}" for word in ("shop", "log"))
    make_topic(kafka, log, 1)
    store = referenced(spark, tmp_path, model)
    options = {
        "kafka.bootstrap.servers": kafka,
        "subscribe": log,
        "startingOffsets": "earliest",
        "includeHeaders": "true",
    }
    records = spark.readStream.format("kafka").options(**options).load()

    def both_told(pager: Sink) -> bool:
        return len(pager.posted) == 1 and len(active(alertmanager, model)) == 1

    with sink() as pager:
        sinks = [AlertmanagerSink(alertmanager), WebhookSink(f"{pager.url}in")]
        monitor = Monitor(store, f"{tmp_path}/tables", alerting=Alerting(sinks), trigger="100 milliseconds")
        query = monitor.start(kafka_events(records), f"{tmp_path}/checkpoints")
        try:
            produce(kafka, log, [record_of(each, "binary") for each in traffic(model, 0, 59, 80)])
            query.processAllAvailable()
            before = query.lastProgress
            assert before is not None
            assert pager.posted == []
            produce(kafka, log, [record_of(clock(75, model), "binary")])  # the window has ended
            wait_for(lambda: both_told(pager))
        finally:
            query.stop()
    (row,) = AlertStore(monitor.tables.open(spark)).alerts()
    closed = monitor.tables.read(spark, "closed_windows").first()
    assert closed is not None
    # The batch with the event that ends the window has closed it and alerted on it.
    assert closed.batch_id == before.batchId + 1
    assert row["window_end"] == closed.window_end.replace(tzinfo=timezone.utc)

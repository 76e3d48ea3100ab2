"""Events become rows inside Spark as they do outside, each once, and none is lost."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from sparkmon import sources
from sparkmon.errors import OptionError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.protocol import events_to_batch, from_http
from sparkmon.records import Event, ModelSchema, Value
from sparkmon.schemas import DEAD_LETTERS, DECODED
from sparkmon.session import register
from tests.protocol.captures import all_events
from tests.support.decoding import decode
from tests.support.streams import drained, events_frame
from tests.support.traffic import clock, v1_event

Row = dict[str, Any]


def cell(value: Value) -> dict[str, float | str | None]:
    """Say how one value stands in a row."""
    if value is None or isinstance(value, str):
        return {"number": None, "text": value}
    exact = not isinstance(value, int) or int(float(value)) == value
    return {"number": float(value), "text": None} if exact else {"number": None, "text": str(value)}


def expected(event: Event) -> list[Row]:
    """Spell out the rows of an event from what ``decode`` says of it."""
    read = decode(event)
    letter = event.dead_letter or read.dead_letter
    common = {
        "event_id": event.event_id,
        "event_type": event.event_type,
        "event_time": event.event_time,
        "component": event.component,
        "model": event.model,
        "kind": read.kind,
        "condition": letter and letter.condition,
        "payload": event.payload if letter else None,
    }
    side, other = "features", "predictions"
    if event.event_type != "request":
        side, other = other, side
    values = [
        sorted(zip(read.names, map(cell, row), strict=True), key=lambda pair: pair[0])
        for row in (read.rows or read.predictions)
    ]
    rows = [{"instance": at, side: pairs, other: None} for at, pairs in enumerate(values)]
    return [common | row for row in rows or [{"instance": -1, side: None, other: None}]]


def in_order(rows: list[Row]) -> list[Row]:
    names = ("event_time", "component", "event_type", "event_id", "instance")
    return sorted(rows, key=lambda row: tuple(row[name] for name in names))


def test_every_capture_decodes_in_spark_as_it_does_alone(spark: SparkSession) -> None:
    events = all_events()
    frame = sources.rows(events_frame(spark, events).repartition(3))
    assert frame.schema.names == DECODED.names
    wanted = in_order([row for event in events for row in expected(event)])
    found = in_order(frame.toArrow().to_pylist())
    assert len(found) == len(wanted)
    for row, want in zip(found, wanted, strict=True):
        for side in ("features", "predictions"):
            pairs = None if row[side] is None else sorted(row[side], key=lambda pair: pair[0])
            # As text: a NaN is no other's equal.
            row[side], want[side] = repr(pairs), repr(want[side])
        assert {name: row[name] for name in want} == want


def test_every_event_without_instances_keeps_one_row(spark: SparkSession) -> None:
    events = all_events()
    decoded = sources.rows(events_frame(spark, events), delay="1 hour")
    rows = decoded.select("event_id", "event_type", "component", "instance", "kind").collect()
    told = {(row.event_id, row.event_type, row.component) for row in rows}
    assert told == {(event.event_id, event.event_type, event.component) for event in events}
    alone = Counter(row.kind for row in rows if row.instance == -1)
    kinds = Counter(decode(event).kind for event in events)
    for kind in ("health", "metadata", "empty", "grpc", "openai", "sse", "dead_letter"):
        assert alone[kind] == kinds[kind] > 0


def repeats() -> list[Event]:
    """Give an event, its redelivery, and what must not be taken for one."""
    first = v1_event("m", 1, [[1.0], [2.0]], event_id="one")
    return [
        first,
        first,
        replace(first, event_time=first.event_time + timedelta(seconds=1)),
        replace(first, event_type="response", payload=b'{"predictions": [0, 1]}'),
        replace(first, component="transformer"),
        replace(first, source="other-pod"),
        replace(first, model="n"),
        replace(first, payload=b"broken", event_id="two"),
        replace(first, payload=b"broken", event_id="two"),
    ]


def test_a_redelivered_event_is_taken_once_in_batch_and_stream(spark: SparkSession, tmp_path: Path) -> None:
    register(spark)
    batch = sources.rows(events_frame(spark, repeats()), delay="10 minutes")
    with SpoolWriter(tmp_path / "spool") as spool:
        # The redelivery reaches another micro-batch.
        for part in ([*repeats()[:1], clock(2)], [*repeats()[1:], clock(2)]):
            spool.append(events_to_batch(part))
            source = spark.readStream.format("kserve").load(str(spool.path))
            stream = drained(sources.rows(source, delay="10 minutes"), tmp_path)
    assert stream.where("kind = 'health'").count() == 1
    for frame in (batch, stream.where("kind <> 'health'")):
        events = Counter(row.event_id for row in frame.collect())
        assert events == {"one": 6 * 2, "two": 1}


def test_dead_letters_keep_their_bytes(spark: SparkSession) -> None:
    bad = from_http({"Ce-Id": "7", "Ce-Time": "2026-11-23T00:00:00Z"}, b"\x00\xff")
    events = [bad, v1_event("m", 1, [[1.0]]), replace(v1_event("m", 2, []), payload=b"{")]
    letters = sources.dead_letters(sources.rows(events_frame(spark, events)))
    assert letters.schema.names == DEAD_LETTERS.names
    found = {row.condition: row for row in letters.collect()}
    assert set(found) == {"EVENT_FIELD_MISSING", "BODY_NOT_JSON"}
    assert bytes(found["EVENT_FIELD_MISSING"].payload) == b"\x00\xff"
    assert found["EVENT_FIELD_MISSING"].event_id == "7"
    assert bytes(found["BODY_NOT_JSON"].payload) == b"{"


def test_what_is_no_event_and_two_schemas_of_a_model_are_refused(spark: SparkSession) -> None:
    with pytest.raises(OptionError, match="without the column 'event_id'"):
        sources.rows(spark.range(1))
    with pytest.raises(OptionError, match="two schemas for the model 'm'"):
        sources.rows(events_frame(spark, []), [ModelSchema("m"), ModelSchema("m")])

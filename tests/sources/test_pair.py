"""The halves of a call come together, in batch and on a stream."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from sparkmon import sources
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.session import register
from tests.protocol.captures import cases
from tests.support.streams import drained, events_frame
from tests.support.traffic import clock, v1_event

Found = dict[tuple[str, int], tuple[str, float | None, float | None, float | None]]


def halves() -> list[Event]:
    """Give whole and half calls; only the first carries the times of occurrence."""
    request = v1_event("m", 1, [[1.0], [2.0]], event_id="whole")
    response = v1_event("m", 1, [10.0, 20.0], half="response", event_id="whole")
    late = timedelta(milliseconds=12, microseconds=500)
    answered = response.event_time + late
    return [
        replace(request, recorded_time=request.event_time),
        replace(response, event_time=answered, recorded_time=answered),
        v1_event("m", 2, [[3.0]], event_id="old"),
        v1_event("m", 2.1, [30.0], half="response", event_id="old"),
        v1_event("m", 3, [[4.0]], event_id="asked"),
        v1_event("m", 4, [50.0], half="response", event_id="answered"),
        v1_event("m", 5, [[6.0]], event_id="apart"),
        v1_event("m", 7, [60.0], half="response", event_id="apart"),
    ]


EXPECTED: Found = {
    ("whole", 0): ("both", 1.0, 10.0, 12.5),
    ("whole", 1): ("both", 2.0, 20.0, 12.5),
    ("old", 0): ("both", 3.0, 30.0, None),
    ("asked", 0): ("request_only", 4.0, None, None),
    ("answered", 0): ("response_only", None, 50.0, None),
}
APART = [("request_only", 6.0, None, None), ("response_only", None, 60.0, None)]


def found(pairs: DataFrame) -> tuple[Found, list[Any]]:
    """List what pairs say by id and instance; apart, those of a call whose halves lie too far apart."""
    told: Found = {}
    apart: list[Any] = []
    for row in pairs.collect():
        feature = row.features["feature_0"].number if row.features else None
        prediction = row.predictions["prediction"].number if row.predictions else None
        said = (row.pairing, feature, prediction, row.latency_ms)
        if row.event_id == "apart":
            apart.append(said)
        else:
            assert (row.event_id, row.instance) not in told
            told[row.event_id, row.instance] = said
    return told, sorted(apart)


def test_halves_come_together_in_a_batch(spark: SparkSession) -> None:
    rows = sources.rows(events_frame(spark, [*halves(), clock(3)]), delay="10 minutes")
    pairs = sources.pair(rows)
    assert found(pairs) == (EXPECTED, APART)
    (row,) = pairs.where("event_id = 'whole' AND instance = 0").collect()
    assert (row.model, row.namespace, row.component, row.source) == ("m", "demo", "predictor", "m-pod")
    assert row.response_time - row.request_time == timedelta(microseconds=12500)


def test_halves_of_a_stream_come_out_at_the_latest_behind_the_watermark(spark: SparkSession, tmp_path: Path) -> None:
    register(spark)
    events = halves()
    # Each half in a micro-batch of its own; then two ticks that move the clock past them all.
    parts = [events[0::2], events[1::2], [clock(30)], [clock(60)]]
    with SpoolWriter(tmp_path / "spool") as spool:
        for part in parts:
            spool.append(events_to_batch(part))
        source = spark.readStream.format("kserve").option("maxEventsPerTrigger", "1")
        rows = sources.rows(source.load(str(spool.path)), delay="10 minutes")
        pairs = drained(sources.pair(rows), tmp_path)
    assert found(pairs) == (EXPECTED, APART)


def test_every_captured_call_with_both_halves_is_paired(spark: SparkSession) -> None:
    exchange = cases()["v1_predict_json"]
    chain = cases()["chain_v1_transformer_predictor"]
    rows = sources.rows(events_frame(spark, [*exchange.events, *chain.events]))
    pairs = sources.pair(rows).collect()
    assert {row.pairing for row in pairs} == {"both"}
    hops = {(row.event_id, row.component, row.instance) for row in pairs}
    assert len(hops) == len(pairs)
    request, response = exchange.events
    elapsed = (response.event_time - request.event_time) / timedelta(milliseconds=1)
    mine = [row for row in pairs if row.event_id == request.event_id]
    assert [row.latency_ms for row in mine] == [elapsed] * 2
    assert {row.request_id for row in mine} == {"req-0001"}

"""The data source ``kserve`` in Spark: batch, stream, restart, and its bounds."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException, StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.protocol.cloudevents import from_http
from sparkmon.protocol.event_batch import events_to_batch
from sparkmon.records import Event
from sparkmon.schemas import DECODED, EVENTS
from sparkmon.sources.inference_log import InferenceLogDataSource
from tests.support.receiver import CAPTURES, captured
from tests.support.spools import batch, log, read_between

STORE = CAPTURES / "store" / "bucket" / "logs"


@pytest.fixture(autouse=True)
def source(spark: SparkSession) -> None:
    spark.dataSource.register(InferenceLogDataSource)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[SpoolWriter]:
    with SpoolWriter(tmp_path / "spool", segment_bytes=3000) as writer:
        yield writer


def events_of(case: str) -> list[Event]:
    return [from_http(headers, body) for headers, body in captured(case)]


def stream(spark: SparkSession, path: Path, **options: str) -> DataFrame:
    return spark.readStream.format("kserve").options(path=str(path), **options).load()


def run(frame: DataFrame, work: Path) -> StreamingQuery:
    """Append everything there is now to ``work/out``, as far as the checkpoint in ``work`` has not come."""
    query = (
        frame.writeStream.format("parquet")
        .option("checkpointLocation", str(work / "checkpoint"))
        .trigger(availableNow=True)
        .start(str(work / "out"))
    )
    query.awaitTermination(600)
    assert not query.isActive
    return query


def payloads(spark: SparkSession, work: Path) -> list[bytes]:
    frame = spark.read.schema(EVENTS).parquet(str(work / "out"))
    return sorted(bytes(row.payload) for row in frame.select("payload").collect())


def numbered(start: int, end: int) -> list[bytes]:
    return [b"%04d" % number for number in range(start, end)]


def test_every_column_reaches_spark(spark: SparkSession, spool: SpoolWriter) -> None:
    request, response = events_of("v1_predict_json")
    paired = replace(response, request_time=request.event_time, request_payload=request.payload)
    spool.append(events_to_batch([request, paired]))
    frame = spark.read.format("kserve").load(str(spool.path))
    assert frame.schema == EVENTS
    first, second = frame.orderBy("event_type").collect()
    assert first.asDict()["metadata"] == {"X-Request-Id": ["req-0001"]}
    assert first.annotations == {"model-version": "3", "team": "risk"}
    assert bytes(first.payload) == b'{"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}'
    assert first.event_time.isoformat() == "2026-11-23T00:36:06.741913"
    assert (bytes(second.request_payload), second.request_time) == (first.payload, first.event_time)


def test_rows_come_decoded_and_named_by_the_schema(spark: SparkSession, spool: SpoolWriter) -> None:
    spool.append(events_to_batch(events_of("v1_predict_json")))
    columns = '[["sl","numeric"],["sw","numeric"],["pl","numeric"],["pw","numeric"]]'
    schemas = f'{{"iris":{{"features":{columns},"predictions":[["species","categorical"]]}}}}'
    reader = spark.read.format("kserve").options(output="rows", schemas=schemas)
    frame = reader.load(str(spool.path))
    assert frame.schema == DECODED
    found = frame.orderBy("event_type", "instance").collect()
    assert [row.kind for row in found] == ["v1_request"] * 2 + ["v1_response"] * 2
    assert {name: value.number for name, value in found[1].features.items()} == {
        "sl": 6.0,
        "sw": 3.4,
        "pl": 4.5,
        "pw": 1.6,
    }
    assert found[3].predictions["species"].text == "1"


def test_an_empty_spool_is_an_empty_table(spark: SparkSession, spool: SpoolWriter) -> None:
    assert spark.read.format("kserve").load(str(spool.path)).count() == 0


def test_partitions_follow_partition_bytes(spark: SparkSession, spool: SpoolWriter) -> None:
    sizes = [spool.append(batch(*numbered(10 * item, 10 * item + 10))) for item in range(12)]
    options = {"path": str(spool.path), "partitionBytes": str(2 * max(sizes))}
    frame = spark.read.format("kserve").options(**options).load()
    assert frame.rdd.getNumPartitions() >= 6
    assert frame.select("event_id").distinct().count() == 120


def test_a_restart_goes_on_where_the_checkpoint_ends(spark: SparkSession, spool: SpoolWriter, tmp_path: Path) -> None:
    for start, end in ((0, 30), (30, 31), (31, 70)):
        spool.append(batch(*numbered(start, end)))
        run(stream(spark, spool.path), tmp_path)
        assert payloads(spark, tmp_path) == numbered(0, end)
    query = run(stream(spark, spool.path), tmp_path)
    assert sum(progress.numInputRows for progress in query.recentProgress) == 0


def test_max_events_per_trigger_cuts_micro_batches_at_blocks(
    spark: SparkSession, spool: SpoolWriter, tmp_path: Path
) -> None:
    for item in range(10):
        spool.append(batch(*numbered(10 * item, 10 * item + 10)))
    query = run(stream(spark, spool.path, maxEventsPerTrigger="25", reader="first"), tmp_path)
    counts = [progress.numInputRows for progress in query.recentProgress if progress.numInputRows]
    assert counts == [20] * 5
    assert payloads(spark, tmp_path) == numbered(0, 100)
    # Each batch but the last, which a restart may read again, is noted for the receiver.
    note = json.loads((spool.path / "first.committed").read_text())
    assert read_between(spool.path, note, log(spool.path).last()) == numbered(80, 100)


def test_latest_passes_over_what_was_there(spark: SparkSession, spool: SpoolWriter, tmp_path: Path) -> None:
    spool.append(batch(*numbered(0, 5)))
    run(stream(spark, spool.path, startingOffset="latest"), tmp_path)
    spool.append(batch(*numbered(5, 8)))
    run(stream(spark, spool.path, startingOffset="latest"), tmp_path)
    assert payloads(spark, tmp_path) == numbered(5, 8)


def test_a_query_that_runs_sees_what_is_appended(spark: SparkSession, spool: SpoolWriter, tmp_path: Path) -> None:
    writer = stream(spark, spool.path).writeStream.format("memory").queryName("appended")
    query = writer.option("checkpointLocation", str(tmp_path / "checkpoint")).start()
    try:
        for start, end in ((0, 3), (3, 9)):
            spool.append(batch(*numbered(start, end)))
            query.processAllAvailable()
            assert spark.table("appended").count() == end
    finally:
        query.stop()


def test_a_segment_that_retention_took_stops_the_query_with_advice(
    spark: SparkSession, spool: SpoolWriter, tmp_path: Path
) -> None:
    spool.append(batch(b"seen"))
    run(stream(spark, spool.path), tmp_path)
    for payload in numbered(0, 3):
        spool.append(batch(payload * 1000))
    (spool.path / "000000000000.spool").unlink()
    with pytest.raises(StreamingQueryException, match=r"is not there .*startingOffset=earliest"):
        run(stream(spark, spool.path), tmp_path)


def test_stored_objects_are_read_in_batch_and_as_a_stream(spark: SparkSession, tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    shutil.copytree(STORE, bucket)
    (bucket / "broken.json").write_bytes(b"\x00")
    options = {"settleSeconds": "0", "partitionBytes": "2000"}
    frame = spark.read.format("kserve").options(path=bucket.as_uri(), **options).load()
    assert frame.count() == 24 + 1
    (letter,) = frame.where("condition IS NOT NULL").collect()
    assert (bytes(letter.payload), letter.source.endswith("bucket/broken.json")) == (b"\x00", True)
    query = run(stream(spark, bucket, maxEventsPerTrigger="6", **options), tmp_path)
    assert len([progress for progress in query.recentProgress if progress.numInputRows]) == 3
    assert len(payloads(spark, tmp_path)) == 24 + 1
    shutil.copy(bucket / "broken.json", bucket / "later.json")
    run(stream(spark, bucket, **options), tmp_path)
    assert len(payloads(spark, tmp_path)) == 24 + 2


def test_a_bad_option_is_refused_on_the_driver(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(AnalysisException, match=r"\[SPARKMON_OPTION\] got the unknown option 'x'"):
        spark.read.format("kserve").option("x", "1").load(str(tmp_path))
    with pytest.raises(AnalysisException, match="expected a directory that exists"):
        spark.readStream.format("kserve").load(str(tmp_path / "absent"))

"""Inference tables of Databricks, in the two forms that they have had, as a stream and in batch."""

import json
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from sparkmon.config import read_config
from sparkmon.errors import OptionError
from sparkmon.sources import dead_letters, inference_table_events, rows
from tests.support.streams import drained

SPLIT = json.dumps({"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2.5, None]]}})
RECORDS = json.dumps({"dataframe_records": [{"a": 3, "b": "y"}]})
ANSWERS = json.dumps({"predictions": [0.25, 0.75]})
ERROR = json.dumps({"error_code": "BAD_REQUEST", "message": "no"})
TIME = datetime(2026, 1, 5, 8, tzinfo=timezone.utc)
GATEWAY = "databricks_request_id STRING, request_time TIMESTAMP, status_code INT, request STRING, response STRING, "
GATEWAY += "requester STRING"
BEFORE = "client_request_id STRING, databricks_request_id STRING, date DATE, timestamp_ms BIGINT, status_code INT, "
BEFORE += "request STRING, response STRING, request_metadata MAP<STRING, STRING>"


def test_a_gateways_table_gives_rows_and_what_is_broken_is_set_aside(spark: SparkSession, tmp_path: Path) -> None:
    calls = [
        ("r1", 200, SPLIT, ANSWERS, "ada"),
        ("r2", 400, RECORDS, ERROR, None),
        (None, 200, RECORDS, ANSWERS, "ada"),
        ("r4", 200, "{", json.dumps({"predictions": [1]}), "ada"),
    ]
    table = spark.createDataFrame([(each, TIME, *rest) for each, *rest in calls], GATEWAY)
    table.write.format("delta").save(f"{tmp_path}/payload")
    (tmp_path / "monitor.yaml").write_text(
        "source: {format: inference-table, table: ./payload, model: iris}\nstore: {path: s}\ntables: ./tables\n"
    )
    source = read_config(tmp_path / "monitor.yaml").source
    batch = inference_table_events(spark.read.format("delta").load(f"{tmp_path}/payload"), "iris")
    for events in (batch, drained(source.events(spark), tmp_path)):
        decoded = rows(events, delay="1 minute").cache()
        letters = dead_letters(decoded).select("event_id", "condition").collect()
        missing = [(sha256(half.encode()).hexdigest(), "EVENT_FIELD_MISSING") for half in (RECORDS, ANSWERS)]
        assert sorted(map(tuple, letters)) == sorted([*missing, ("r4", "BODY_NOT_JSON")])
        read = decoded.where("kind != 'dead_letter'").selectExpr(
            "event_id", "event_type", "kind", "instance", "model", "features.a.number", "features.b.text",
            "predictions.prediction.number", "date_format(event_time, 'HH:mm:ss')",
        )  # fmt: skip
        assert sorted(map(tuple, read.collect()), key=str) == [
            ("r1", "request", "v1_request", 0, "iris", 1.0, "x", None, "08:00:00"),
            ("r1", "request", "v1_request", 1, "iris", 2.5, None, None, "08:00:00"),
            ("r1", "response", "v1_response", 0, "iris", None, None, 0.25, "08:00:00"),
            ("r1", "response", "v1_response", 1, "iris", None, None, 0.75, "08:00:00"),
            ("r2", "request", "v1_request", 0, "iris", 3.0, "y", None, "08:00:00"),
            ("r2", "response", "error", -1, "iris", None, None, None, "08:00:00"),
            ("r4", "response", "v1_response", 0, "iris", None, None, 1.0, "08:00:00"),
        ]
        decoded.unpersist()


def test_a_table_of_before_says_its_model_and_version(spark: SparkSession) -> None:
    about = {"model_name": "iris", "model_version": "3", "endpoint_name": "flowers"}
    calls = spark.createDataFrame(
        [("c", "r1", None, 1_767_600_000_123, 200, RECORDS, json.dumps({"predictions": [1]}), about)], BEFORE
    )
    request, response = inference_table_events(calls).collect()
    assert (request.event_id, request.model, request.source) == ("r1", "iris", "flowers")
    assert request.annotations == {"model-version": "3"}
    assert f"{request.event_time:%F %T.%f}" == "2026-01-05 08:00:00.123000"
    assert (response.event_type, response.status_code, request.status_code) == ("response", 200, None)


def test_a_table_that_is_none_is_refused(spark: SparkSession) -> None:
    with pytest.raises(OptionError, match="without databricks_request_id, status_code"):
        inference_table_events(spark.sql("SELECT 'x' AS request, 'y' AS response"))
    columns = "'r' AS databricks_request_id, 200 AS status_code, '' AS request, '' AS response"
    with pytest.raises(OptionError, match="without a time"):
        inference_table_events(spark.sql(f"SELECT {columns}"), "iris")
    with pytest.raises(OptionError, match="set model to its name"):
        inference_table_events(spark.sql(f"SELECT {columns}, current_timestamp() AS request_time"))

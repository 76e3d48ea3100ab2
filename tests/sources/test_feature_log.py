"""A feature view's log table as Hopsworks lays it out, to the rows that profiles are made of."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from sparkmon.errors import OptionError
from sparkmon.profiles import profile_rows
from sparkmon.records import Feature, ModelSchema
from sparkmon.schemas import DECODED
from sparkmon.sources import feature_log_rows
from tests.support.streams import drained

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
SCHEMA = """
    log_id string, td_version int, log_time timestamp, model_name string, model_version string,
    request_id string, request_parameters string, card_id bigint, bank string, amount double, `mcc.code` int,
    country string, is_chip boolean, seen timestamp, embedding array<double>, blob binary,
    predicted_is_fraud int, predicted_score double
"""


def logged(number: int, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - a cell of any type
    """Make one row of the table."""
    row: dict[str, Any] = {
        "log_id": f"l{number}",
        "td_version": 1,
        "log_time": START + timedelta(minutes=20 * number),
        "model_name": "fraud",
        "model_version": "3",
        "request_id": f"r{number}",
        "request_parameters": '{"amount": 1}',
        "card_id": 2**53 + number,
        "bank": "north",
        "amount": number / 2,
        "mcc.code": 5411,
        "country": "SE",
        "is_chip": True,
        "seen": START + timedelta(seconds=0.5),
        "embedding": [1.0],
        "blob": b"x",
        "predicted_is_fraud": number % 2,
        "predicted_score": 0.25,
    }
    assert row.keys() >= values.keys()
    return row | values


def table_of(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    schema = cast("StructType", StructType.fromDDL(SCHEMA))
    values = [tuple(row[name] for name in schema.names) for row in rows]
    return spark.createDataFrame(values, schema)


def cells(values: dict[str, Any]) -> dict[str, Any]:
    """Give a map's cells by name: a number, a text or None."""
    return {name: cell.number if cell.number is not None else cell.text for name, cell in values.items()}


def test_a_logged_row_is_a_request_and_a_response(spark: SparkSession) -> None:
    rows = feature_log_rows(table_of(spark, logged(1)), entity_ids=["card_id", "bank"])
    assert rows.schema.names == DECODED.names
    for name in DECODED.names:
        assert rows.schema[name].dataType == DECODED[name].dataType
    request, response = sorted(rows.collect(), key=lambda row: str(row.event_type))
    features = {"amount": 0.5, "mcc.code": 5411.0, "country": "SE", "is_chip": "true", "seen": START.timestamp() + 0.5}
    for row in (request, response):
        assert (row.model, row.model_version, row.component) == ("fraud", "3", "predictor")
        assert (row.event_id, row.request_id, row.instance) == ("l1", "r1", 0)
        assert row.event_time == datetime(2026, 1, 5, 0, 20)
        assert cells(row.features) == features
        # 2 ** 53 + 1 is no double.
        assert cells(row.entities) == {"card_id": "9007199254740993", "bank": "north"}
    assert (request.event_type, request.predictions) == ("request", None)
    assert response.event_type == "response"
    assert cells(response.predictions) == {"is_fraud": 1.0, "score": 0.25}


def test_a_schema_names_the_columns_and_their_kinds(spark: SparkSession) -> None:
    schema = ModelSchema(
        "flights",
        (
            Feature("mcc.code", "categorical"),
            Feature("bank", "numeric"),
            Feature("is_chip", "numeric"),
            Feature("amount", "categorical"),
        ),
        (Feature("is_fraud", "categorical"), Feature("predicted_score", "numeric")),
    )
    nothing = {"model_name": None, "model_version": "None", "request_id": None}
    table = table_of(spark, logged(0, bank="7.5", amount=1e7, **nothing), logged(1, bank="x", amount=0.5))
    rows = feature_log_rows(table, schema).where("event_type = 'response'").orderBy("event_id")
    first, second = rows.collect()
    assert (first.model, first.model_version, first.request_id) == ("flights", "", "l0")
    assert second.model == "fraud"
    same = {"mcc.code": "5411", "is_chip": 1.0}
    assert cells(first.features) == same | {"bank": 7.5, "amount": "10000000"}
    assert cells(second.features) == same | {"bank": "x", "amount": "0.5"}
    assert cells(first.predictions) == {"is_fraud": "0", "predicted_score": 0.25}
    assert first.entities is None


def test_a_row_without_predictions_is_no_response(spark: SparkSession) -> None:
    silent = logged(1, predicted_is_fraud=None, predicted_score=None)
    half = logged(2, predicted_is_fraud=None)
    rows = feature_log_rows(table_of(spark, silent, half))
    told = rows.groupBy("event_id", "event_type").count().collect()
    assert {tuple(row) for row in told} == {
        ("l1", "request", 1), ("l2", "request", 1), ("l2", "response", 1),
    }  # fmt: skip
    only = feature_log_rows(table_of(spark, half).drop("predicted_is_fraud", "predicted_score"))
    assert only.select("event_type", "predictions").collect() == [("request", None)]


def test_a_delta_table_is_profiled_as_a_stream_and_in_batch(spark: SparkSession, tmp_path: Path) -> None:
    def write(*rows: dict[str, Any]) -> None:
        table_of(spark, *rows).write.format("delta").mode("append").save(str(tmp_path / "log"))

    write(*(logged(number) for number in range(6)), logged(5))  # the last is there twice
    write(logged(30))  # moves the clock past the first windows
    batch = spark.read.format("delta").load(str(tmp_path / "log"))
    stream = spark.readStream.format("delta").load(str(tmp_path / "log"))
    for table in (batch, stream):
        profiles = profile_rows(feature_log_rows(table, delay="10 minutes"), "1 hour")
        if profiles.isStreaming:
            profiles = drained(profiles, tmp_path)
        told = profiles.where("column_name IN ('amount', 'is_fraud') AND window_start < '2026-01-05 02:00'")
        told = told.selectExpr("column_name", "column_kind", "model_version", "profile.count", "profile.avg")
        assert sorted(tuple(row) for row in told.collect()) == [
            ("amount", "feature", "3", 3, pytest.approx(0.5)),
            ("amount", "feature", "3", 3, pytest.approx(2.0)),
            ("is_fraud", "prediction", "3", 3, pytest.approx(1 / 3)),
            ("is_fraud", "prediction", "3", 3, pytest.approx(2 / 3)),
        ]


def test_what_is_no_feature_log_is_refused(spark: SparkSession) -> None:
    table = table_of(spark, logged(1))
    with pytest.raises(OptionError, match=r"without the column 'log_id'; its columns are td_v"):
        feature_log_rows(table.drop("log_id"))
    with pytest.raises(OptionError, match="without the column 'age'"):
        feature_log_rows(table, ModelSchema("m", (Feature("age", "numeric"),)))
    with pytest.raises(OptionError, match="without the column 'late'"):
        feature_log_rows(table, ModelSchema("m", (), (Feature("late", "numeric"),)))
    with pytest.raises(OptionError, match="without the column 'account'"):
        feature_log_rows(table, entity_ids=["account"])
    with pytest.raises(OptionError, match="got log_time='bigint'; expected a timestamp"):
        feature_log_rows(table.selectExpr("log_id", "1L AS log_time", "amount"))
    with pytest.raises(OptionError, match="no column of numbers, dates"):
        feature_log_rows(table.select("log_id", "log_time", "request_id", "blob", "predicted_score"))

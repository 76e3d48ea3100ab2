"""A column that the reference does not have is a finding if the reference has any of its kind."""

from __future__ import annotations

from pyspark.sql import SparkSession

from sparkmon.comparison import confirm, extra_columns
from sparkmon.dataframes import alerts_of
from sparkmon.profiles import profile_table, reference_of
from sparkmon.schemas import DRIFT_METRICS

KINDS = {"a": "numeric", "b": "categorical", "score": "numeric"}
TABLE = "SELECT 1 AS a, 'x' AS b, 0.5 AS score FROM range(7)"


def test_what_the_reference_does_not_have_is_found(spark: SparkSession) -> None:
    live = profile_table(spark.sql(TABLE), KINDS, model="m", predictions=["score"])  # type: ignore[arg-type]
    known = reference_of(spark.range(10).selectExpr("id AS a"), "m")
    found = extra_columns(live, known)
    assert found.schema.names == DRIFT_METRICS.names
    (row,) = found.collect()
    assert (row.column_name, row.data_type, row.current_count) == ("b", "categorical", 7)
    assert (row.statistic, row.status, row.reference) == ("extra_column", "over_limit", "training")


def test_a_model_without_any_reference_has_nothing_extra(spark: SparkSession) -> None:
    live = profile_table(spark.sql(TABLE), KINDS, model="m")  # type: ignore[arg-type]
    assert extra_columns(live, reference_of(spark.range(10), "other")).isEmpty()


def test_a_column_of_any_reference_of_the_version_is_known(spark: SparkSession) -> None:
    live = profile_table(spark.sql(TABLE), KINDS, model="m", model_version="2")  # type: ignore[arg-type]
    of_all = reference_of(spark.sql("SELECT 1 AS a, 0.5 AS score FROM range(9)"), "m")
    of_two = reference_of(spark.sql("SELECT 'x' AS b FROM range(9)"), "m", model_version="2")
    assert extra_columns(live, of_all.unionByName(of_two)).isEmpty()
    of_one = reference_of(spark.sql("SELECT 'x' AS b FROM range(9)"), "m", model_version="1")
    (row,) = extra_columns(live, of_all.unionByName(of_one)).collect()
    assert row.column_name == "b"


def test_it_is_confirmed_at_once_with_a_sentence(spark: SparkSession) -> None:
    live = profile_table(spark.sql(TABLE), KINDS, model="m", predictions=["score"])  # type: ignore[arg-type]
    known = reference_of(spark.range(10).selectExpr("id AS a"), "m")
    (alert,) = alerts_of(confirm(extra_columns(live, known))).collect()
    assert alert.message == "b of the model m is not in the reference"

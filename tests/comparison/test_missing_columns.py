"""A column that stops coming is a finding, and a silent side does not affect the other."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from sparkmon.comparison import confirm, missing_columns
from sparkmon.dataframes import alerts_of
from sparkmon.profiles import profile_rows, reference_of
from sparkmon.schemas import DRIFT_METRICS

ROWS = """
SELECT 'm' AS model, version AS model_version, kind AS event_type,
       TIMESTAMP '2026-11-23 12:00:00' + hour * INTERVAL 1 HOUR AS event_time,
       IF(kind = 'request', transform_values(map_from_arrays(names, names), (k, v) ->
          named_struct('number', 1D, 'text', string(null))), null) AS features,
       IF(kind = 'response', transform_values(map_from_arrays(names, names), (k, v) ->
          named_struct('number', 1D, 'text', string(null))), null) AS predictions
FROM VALUES
    ('', 0, 'request', array('a', 'b')), ('', 0, 'response', array('score')),
    ('', 1, 'request', array('a', 'extra')),
    ('2', 1, 'request', array('b')),
    ('', 2, 'response', array('other')) AS t(version, hour, kind, names)
"""


def profiles(spark: SparkSession) -> DataFrame:
    return profile_rows(spark.sql(ROWS), "1 hour")


def references(spark: SparkSession) -> DataFrame:
    table = spark.range(10).selectExpr("1 AS a", "1 AS b", "1 AS score")
    return reference_of(table, "m", predictions=["score"])


def test_what_is_missing_is_found_where_others_of_its_kind_came(spark: SparkSession) -> None:
    found = missing_columns(profiles(spark), references(spark))
    assert found.schema.names == DRIFT_METRICS.names
    missing = {
        (row.window_start.hour - 12, row.model_version, row.column_kind, row.column_name)
        for row in found.collect()
    }
    assert missing == {
        (1, "", "feature", "b"),
        (1, "2", "feature", "a"),
        (2, "", "prediction", "score"),
    }


def test_it_is_confirmed_at_once_with_a_sentence(spark: SparkSession) -> None:
    confirmed = confirm(missing_columns(profiles(spark), references(spark)))
    messages = {row.message for row in alerts_of(confirmed).collect()}
    assert (
        "b of the model m is missing in the window 2026-11-23 13:00 to 2026-11-23 14:00 UTC"
        in messages
    )
    assert len(messages) == 3

"""``compare_tables`` in Python; ``tests/cli/test_compare.py`` has its numbers beside scipy's and hand-made ones."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

import sparkmon
from sparkmon.errors import OptionError


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"window": "1 day"}, "'time' is missing; set it to the column that windows are measured on"),
        ({"time": "id", "window": "1 day", "chunk": 5}, "got a chunk and a window; expected one"),
        ({"time": "id", "window": "1 month"}, "got window='1 month'"),
        ({"time": "when", "window": "1 day"}, "'when', which the current table does not have"),
        ({"time": "when", "block": "1 day"}, "'when', which the reference does not have"),
        ({"exclude": ["ID"]}, "got exclude='ID', which is in neither table"),
        ({"exclude": ["id"]}, "the table has no column of numbers, dates, strings"),
    ],
)
def test_options_that_contradict_are_refused(spark: SparkSession, options: dict[str, Any], expected: str) -> None:
    table = spark.range(3)
    with pytest.raises(OptionError, match=expected):
        sparkmon.compare_tables(table, table, **options)


def test_findings_are_plain_rows_and_drifted_names_the_columns(spark: SparkSession) -> None:
    before = spark.range(2000).selectExpr("id % 100 AS same", "id AS moved", "id AS old")
    after = before.selectExpr("same", "moved + 1000 AS moved", "'x' AS added")
    checks = sparkmon.Checks(statistics=("ks",))
    comparison = sparkmon.compare_tables(before, after, checks)
    assert comparison.compared == ("same", "moved")
    assert comparison.drifted == ("moved",)
    assert comparison.columns("drift", "ok") == ("same", "moved")
    assert [(row["column_name"], row["statistic"], row["status"]) for row in comparison.findings] == [
        ("added", "extra_column", "over_limit"),
        ("old", "missing_column", "over_limit"),
        ("moved", "ks", "drift"),
        ("same", "ks", "ok"),
    ]
    assert comparison.alerting == ("added", "old", "moved")


def test_a_column_whose_type_became_one_that_is_not_compared_is_missing(spark: SparkSession) -> None:
    before = spark.range(500).selectExpr("id AS x", "id AS y", "array(id) AS z")
    after = before.selectExpr("x", "array(y) AS y", "x AS z")
    comparison = sparkmon.compare_tables(before, after, sparkmon.Checks(statistics=("ks",)))
    assert comparison.alerting == ("y",)
    assert comparison.left_out == (
        "of a type that is not compared in the reference table: 'z'",
        "of a type that is not compared in the current table: 'y'",
    )

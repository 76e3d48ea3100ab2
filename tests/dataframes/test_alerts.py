"""Alerts of findings that are a DataFrame: those of its Arrow table."""

from pyspark.sql import SparkSession

from sparkmon.alerts import observations_of
from sparkmon.dataframes import alerts_of
from sparkmon.schemas import OBSERVATIONS
from tests.support.findings import ORIGIN, findings, hour


def test_alerts_of_a_dataframe_are_those_of_its_arrow_table(spark: SparkSession) -> None:
    table = findings({}, ORIGIN, hour(1, model="van", **ORIGIN), {"column_name": "ok", "status": "ok"})
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        alerts = alerts_of(spark.createDataFrame(table))
        rows = alerts.toArrow().to_pylist()
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
    assert alerts.schema == OBSERVATIONS
    expected = [each.alert for each in observations_of(table) if each.outcome == "drift"]
    assert [row["column_name"] for row in rows] == ["distance", "distance"]
    assert sorted(rows, key=lambda row: row["model"]) == expected

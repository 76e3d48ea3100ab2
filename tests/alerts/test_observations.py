"""From findings to the observations of each column."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from sparkmon.alerts import alerts_of, observations_of
from sparkmon.schemas import DRIFT_METRICS, OBSERVATIONS

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
FINDING: dict[str, Any] = {
    "model": "taxi",
    "model_version": "2",
    "window_start": NOON,
    "window_end": NOON + HOUR,
    "slice_key": None,
    "slice_value": None,
    "column_name": "distance",
    "column_kind": "feature",
    "drift_type": "BASELINE",
    "reference": "training",
    "data_type": "numeric",
    "statistic": "ks",
    "value": 0.5,
    "threshold": 0.1,
    "noise": 0.01,
    "sketch_error": 0.0,
    "reference_count": 12000,
    "current_count": 3000,
    "status": "drift",
    "reason": "because",
}


def findings(spark: SparkSession, *changes: dict[str, Any]) -> DataFrame:
    rows = [FINDING | change for change in changes]
    schema = to_arrow_schema(DRIFT_METRICS, timezone="UTC")
    return spark.createDataFrame(pa.Table.from_pylist(rows, schema=schema))


def rows_of(alerts: DataFrame) -> list[dict[str, Any]]:
    assert alerts.schema.names == OBSERVATIONS.names
    return sorted(alerts.toArrow().to_pylist(), key=lambda row: (row["model"], row["column_name"]))


def test_the_strongest_statistic_of_a_column_has_its_alert(spark: SparkSession) -> None:
    rows = rows_of(
        alerts_of(
            findings(
                spark,
                {},
                {"statistic": "psi", "value": 3.0, "threshold": 0.2},
                {"statistic": "wasserstein", "value": 90.0, "threshold": 30.0},
                {"column_name": "ok", "status": "ok"},
                {"column_name": "few", "status": "too_few_rows"},
                {"column_name": "other", "value": 0.2},
                {"column_name": "next", "window_start": NOON + HOUR, "window_end": NOON + 2 * HOUR},
                {"column_name": "next"},
                {"model": "van", "window_start": None, "window_end": None},
            )
        )
    )
    assert [(row["model"], row["column_name"], row["statistic"]) for row in rows] == [
        ("taxi", "distance", "psi"),
        ("taxi", "next", "ks"),
        ("taxi", "next", "ks"),
        ("taxi", "other", "ks"),
        ("van", "distance", "ks"),
    ]
    assert len({row["alert_id"] for row in rows}) == 5
    assert {row["outcome"] for row in rows} == {"drift"}
    assert rows[0]["message"] == (
        "distance of the model taxi (version 2) drifted from training in the window 2026-11-23 12:00 to "
        "2026-11-23 13:00 UTC: psi 3 exceeds its threshold 0.2 (3,000 rows against 12,000)"
    )
    assert rows[4]["message"] == (
        "distance of the model van (version 2) drifted from training: "
        "ks 0.5 exceeds its threshold 0.1 (3,000 rows against 12,000)"
    )


def test_a_slice_alerts_only_if_the_whole_column_does_not(spark: SparkSession) -> None:
    origin = {"slice_key": "origin", "slice_value": "JFK"}
    far = {"slice_key": "distance > 1000", "slice_value": "true", "value": 0.3}
    rows = rows_of(
        alerts_of(
            findings(
                spark,
                {},
                origin,
                {"column_name": "a", "status": "ok"},
                {"column_name": "a", **origin},
                {"column_name": "a", "statistic": "psi", **origin},
                {"column_name": "b", **far},
                {"column_name": "b", "column_kind": "prediction", "value": 0.2},
                {"column_name": "c", "confirmed": False},
                {"column_name": "c", "confirmed": True, **far},
                {"column_name": "d", "confirmed": False, **far},
            )
        )
    )
    found = [(row["column_name"], row["column_kind"], row["slice_value"]) for row in rows]
    assert sorted(found) == [
        ("a", "feature", "JFK"),
        ("b", "feature", "true"),
        ("b", "prediction", None),
        ("c", "feature", "true"),
        ("distance", "feature", None),
    ]
    messages = {row["column_name"]: row["message"] for row in rows if row["slice_key"] is not None}
    assert (
        "a of the model taxi (version 2) drifted from training in the slice origin = JFK in the window"
        in (messages["a"])
    )
    assert "from training in the slice (distance > 1000) = true in the window" in messages["c"]


def test_an_alert_has_one_id_for_all_statistics_and_time_zones(spark: SparkSession) -> None:
    (first,) = rows_of(alerts_of(findings(spark, {})))
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        (again,) = rows_of(alerts_of(findings(spark, {"statistic": "psi", "value": 3.0})))
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
    assert first["alert_id"] == again["alert_id"]
    assert len(first["alert_id"]) == 64


def test_a_provisional_drift_is_another_alert(spark: SparkSession) -> None:
    early, _ = rows_of(
        alerts_of(findings(spark, {"status": "provisional", "model": "a"}, {"model": "b"}))
    )
    assert early["message"] == (
        "distance of the model a (version 2) drifts from training so far in the open window 2026-11-23 12:00 to "
        "2026-11-23 13:00 UTC: ks 0.5 exceeds its threshold 0.1 (3,000 rows against 12,000)"
    )
    apart = [
        rows_of(alerts_of(findings(spark, {"status": status})))
        for status in ("provisional", "drift")
    ]
    assert apart[0][0]["alert_id"] != apart[1][0]["alert_id"]


def test_an_incident_keeps_its_id_from_window_to_window(spark: SparkSession) -> None:
    next_hour = {"window_start": NOON + HOUR, "window_end": NOON + 2 * HOUR}
    day = {"window_end": NOON + 24 * HOUR}
    changes: list[dict[str, Any]] = [{}, next_hour, day]
    changes += [{"column_kind": "prediction"}, {"reference": "previous"}]
    rows = alerts_of(findings(spark, *changes)).toArrow().to_pylist()
    assert len({row["alert_id"] for row in rows}) == 5
    by_incident = Counter(row["incident_id"] for row in rows)
    assert sorted(by_incident.values()) == [1, 1, 1, 2]


def test_the_multiple_of_the_limit_is_the_severity(spark: SparkSession) -> None:
    rows = rows_of(
        alerts_of(
            findings(
                spark,
                {"column_name": "a", "value": 0.49},
                {"column_name": "b", "value": 0.5},
                {"column_name": "c", "value": 0.5, "limit": 0.11},
                {"column_name": "d", "statistic": "missing_column", "value": 1.0, "threshold": 0.0},
                {"column_name": "e", "statistic": "extra_column", "value": 1.0, "threshold": 0.0},
                {"column_name": "f", "value": -0.6},
            )
        )
    )
    assert [row["severity"] for row in rows] == [
        *("warning", "critical", "warning", "critical", "info", "critical")
    ]


def test_a_column_is_ok_only_by_a_statistic_and_only_if_its_incident_is_unsettled(
    spark: SparkSession,
) -> None:
    ok = {"status": "ok", "value": 0.02}
    frame = findings(
        spark,
        ok,
        {"status": "ok", "statistic": "psi", "value": 0.15, "threshold": 0.2},
        {"column_name": "few", "status": "too_few_rows"},
        {"column_name": "mixed", **ok},
        {"column_name": "mixed", "statistic": "psi", "confirmed": False},
        {"column_name": "other", **ok},
    )
    everything = observations_of(
        frame.withColumn("confirmed", F.lit(True)).withColumn("status", F.lit("drift"))
    )
    ids = {row["column_name"]: row["incident_id"] for row in everything.toArrow().to_pylist()}
    assert ids.keys() == {"distance", "few", "mixed", "other"}
    unsettled = [ids[name] for name in ("distance", "few", "mixed")]
    rows = {row["column_name"]: row for row in rows_of(observations_of(frame, unsettled))}
    assert {name: row["outcome"] for name, row in rows.items()} == {
        "distance": "ok",
        "mixed": "unconfirmed",
    }
    assert rows["distance"]["message"] == (
        "distance of the model taxi (version 2) no longer drifts from training in the window 2026-11-23 12:00 to "
        "2026-11-23 13:00 UTC: psi 0.15 is within its threshold 0.2 (3,000 rows against 12,000)"
    )
    assert rows["distance"]["statistics"] == ["ks", "psi"]
    assert rows["mixed"]["statistics"] == ["psi"]
    assert [row["column_name"] for row in rows_of(observations_of(frame))] == ["mixed"]


def test_a_slice_is_inhibited_by_the_whole_column(spark: SparkSession) -> None:
    origin = {"slice_key": "origin", "slice_value": "JFK"}
    rows = observations_of(findings(spark, {}, origin)).toArrow().to_pylist()
    assert {row["slice_key"]: row["outcome"] for row in rows} == {
        None: "drift",
        "origin": "inhibited",
    }

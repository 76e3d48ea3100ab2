"""From findings to alerts, and from alerts to sinks."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from sparkmon.alerts import Alert, AlertSink, ConsoleSink, alerts_of, deliver
from sparkmon.errors import AlertDeliveryError
from sparkmon.schemas import ALERTS, DRIFT_METRICS
from sparkmon.tables import Tables

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
FINDING: dict[str, Any] = {
    "model": "taxi",
    "model_version": "2",
    "window_start": NOON,
    "window_end": NOON + HOUR,
    "slice_key": ":all",
    "slice_value": ":all",
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


class Ledger(AlertSink):
    """Keeps what it was given."""

    def __init__(self, *, required: bool = False) -> None:
        super().__init__(required=required)
        self.told: list[Alert] = []

    def deliver(self, alerts: Sequence[Alert]) -> None:
        self.told += alerts


class Broken(AlertSink):
    """Fails, as a pager that is down would."""

    def deliver(self, alerts: Sequence[Alert]) -> None:
        raise ConnectionError("the pager is down")


def findings(spark: SparkSession, *changes: dict[str, Any]) -> DataFrame:
    rows = [FINDING | change for change in changes]
    schema = to_arrow_schema(DRIFT_METRICS, timezone="UTC")
    return spark.createDataFrame(pa.Table.from_pylist(rows, schema=schema))


def told(alerts: DataFrame) -> list[dict[str, Any]]:
    assert alerts.schema.names == ALERTS.names
    return sorted(alerts.toArrow().to_pylist(), key=lambda row: (row["model"], row["column_name"]))


def test_the_strongest_statistic_of_a_column_speaks_for_it(spark: SparkSession) -> None:
    rows = told(
        alerts_of(
            findings(
                spark,
                {},
                {"statistic": "psi", "value": 3.0, "threshold": 0.2},
                {"statistic": "wasserstein", "value": 90.0, "threshold": 30.0},
                {"column_name": "fine", "status": "ok"},
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
    assert {row["state"] for row in rows} == {"fired"}
    assert rows[0]["message"] == (
        "distance of the model taxi drifted from training in the window 2026-11-23 12:00 to "
        "2026-11-23 13:00 UTC: psi 3.00 is over its threshold 0.200 (3,000 rows against 12,000)"
    )
    assert rows[4]["message"] == (
        "distance of the model van drifted from training: "
        "ks 0.500 is over its threshold 0.100 (3,000 rows against 12,000)"
    )


def test_a_slice_speaks_only_where_the_column_as_a_whole_does_not(spark: SparkSession) -> None:
    origin = {"slice_key": "origin", "slice_value": "JFK"}
    far = {"slice_key": "distance > 1000", "slice_value": "true", "value": 0.3}
    rows = told(
        alerts_of(
            findings(
                spark,
                {},
                origin,
                {"column_name": "a", "status": "ok"},
                {"column_name": "a", **origin},
                {"column_name": "a", "statistic": "psi", **origin},
                {"column_name": "b", **far},
                {"column_name": "b", "column_kind": "prediction"},
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
        ("b", "prediction", ":all"),
        ("c", "feature", "true"),
        ("distance", "feature", ":all"),
    ]
    messages = {row["column_name"]: row["message"] for row in rows if row["slice_key"] != ":all"}
    assert (
        "a of the model taxi drifted from training in the slice origin = JFK in the window"
        in (messages["a"])
    )
    assert "from training in the slice (distance > 1000) = true in the window" in messages["c"]


def test_an_alert_keeps_its_id_whatever_tells_it(spark: SparkSession) -> None:
    (first,) = told(alerts_of(findings(spark, {})))
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        (again,) = told(alerts_of(findings(spark, {"statistic": "psi", "value": 3.0})))
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
    assert first["alert_id"] == again["alert_id"]
    assert len(first["alert_id"]) == 64


def test_a_provisional_drift_says_so_and_is_another_alert(spark: SparkSession) -> None:
    early, final = told(
        alerts_of(findings(spark, {"status": "provisional", "model": "a"}, {"model": "b"}))
    )
    assert (early["state"], final["state"]) == ("provisional", "fired")
    assert early["message"] == (
        "distance of the model a drifts from training so far in the open window 2026-11-23 12:00 to "
        "2026-11-23 13:00 UTC: ks 0.500 is over its threshold 0.100 (3,000 rows against 12,000)"
    )
    apart = [
        told(alerts_of(findings(spark, {"status": status}))) for status in ("provisional", "drift")
    ]
    assert apart[0][0]["alert_id"] != apart[1][0]["alert_id"]


def test_sinks_get_what_the_table_has(spark: SparkSession, tmp_path: Path) -> None:
    tables, ledger = Tables(str(tmp_path)), Ledger()
    alerts = alerts_of(findings(spark, {}, {"column_name": "a"}))
    for _ in range(2):
        assert deliver(alerts, [ledger], tables, writer="q", batch_id=0) == 2
    kept = told(tables.read(spark, "alerts"))
    assert [row["column_name"] for row in kept] == ["a", "distance"]
    # A batch that is tried again is told again, with the same ids.
    assert [alert.alert_id for alert in ledger.told] == [row["alert_id"] for row in kept] * 2
    assert (ledger.told[1].window_start, ledger.told[1].value) == (NOON, 0.5)
    assert deliver(alerts.limit(0), [ledger], tables, writer="q", batch_id=1) == 0
    assert len(ledger.told) == 4


@pytest.mark.parametrize("required", [False, True])
def test_a_failing_sink_does_not_silence_the_others(
    spark: SparkSession, tmp_path: Path, required: bool
) -> None:
    tables, before, after = Tables(str(tmp_path)), Ledger(required=True), Ledger()
    sinks = [before, Broken(required=required), after]
    alerts = alerts_of(findings(spark, {}))
    if required:
        with pytest.raises(
            AlertDeliveryError, match="Broken could not deliver 1 alerts: the pager"
        ):
            deliver(alerts, sinks, tables, writer="q", batch_id=0)
    else:
        assert deliver(alerts, sinks, tables, writer="q", batch_id=0) == 1
    assert len(before.told) == len(after.told) == tables.read(spark, "alerts").count() == 1


def alert(message: str) -> Alert:
    fields: dict[str, Any] = {name: FINDING.get(name) for name in Alert.__dataclass_fields__}
    return Alert(**fields | {"message": message})


def test_the_console_shows_control_characters() -> None:
    stream = io.StringIO()
    ConsoleSink(stream).deliver([alert("a\x1b[31mred\u202e\nfake line\u00e9")] * 2)
    assert stream.getvalue() == "ALERT a\\x1b[31mred\\u202e\\nfake line\u00e9\n" * 2


def test_the_console_is_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleSink().deliver([alert("m")])
    assert capsys.readouterr() == ("", "ALERT m\n")

"""Decisions are in the table once, over any restart, and notifications reach the sinks."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sparkmon.alerts import AlertManager, AlertStore, Policy
from sparkmon.tables import Tables
from tests.support.findings import HOUR, NOON, findings, hour
from tests.support.ledger import Ledger


def frame_of(spark: SparkSession, *changes: dict[str, Any]) -> DataFrame:
    return spark.createDataFrame(findings(*changes))


DOWN = 10**6
"""More failures than there will be deliveries."""

OK = {"status": "ok", "value": 0.02}


def test_an_incident_continues_after_a_restart_until_it_resolves(
    spark: SparkSession, tmp_path: Path
) -> None:
    tables, ledger = Tables(str(tmp_path)), Ledger()
    hours = [{}, {}, OK, OK]
    for at, change in enumerate(hours):
        alert_manager = AlertManager(tables, [ledger])  # as a new process does
        alert_manager.open(spark, ["q"])
        frame = frame_of(spark, hour(at, **change))
        for _ in range(2):  # a retry of the batch
            alert_manager.process(frame, NOON + (at + 1) * HOUR, writer="q", batch_id=at)
        assert alert_manager.close(drain=True) == 0
    rows = AlertStore(tables, spark).alerts().orderBy("window_end").collect()
    assert [(row.state, row.notified_state, row.suppressed_by) for row in rows] == [
        ("firing", "firing", None),
        ("firing", None, "no_change"),
        ("recovering", None, "recovering"),
        ("resolved", "resolved", None),
    ]
    assert [note.state for note in ledger.notifications] == ["firing", "resolved"]
    assert ledger.notifications[1].lines == (
        "distance of the model taxi (version 2) no longer drifts from training in the window 2026-11-23 15:00 to "
        "2026-11-23 16:00 UTC: ks 0.02 is within its threshold 0.1 (3,000 rows against 12,000)",
    )
    assert len({row.incident_id for row in rows}) == 1
    assert len({row.alert_id for row in rows}) == 4


def test_a_batch_of_many_windows_is_decided_on_window_by_window(
    spark: SparkSession, tmp_path: Path
) -> None:
    ledger = Ledger()
    alert_manager = AlertManager(Tables(str(tmp_path)), [ledger])
    alert_manager.open(spark)
    hours: list[dict[str, Any]] = [OK, {}, {"confirmed": False}, OK, OK, OK]
    frame = frame_of(spark, *(hour(at, **change) for at, change in enumerate(hours)))
    alert_manager.process(frame, NOON + len(hours) * HOUR, writer="q", batch_id=0)
    assert alert_manager.close(drain=True) == 0
    rows = AlertStore(alert_manager.tables, spark).alerts().orderBy("window_end").collect()
    states = [(row.window_start.hour - NOON.hour, row.state, row.notified_state) for row in rows]
    assert states == [
        (1, "firing", "firing"),
        (2, "firing", None),
        (3, "recovering", None),
        (4, "resolved", "resolved"),
    ]
    assert [note.state for note in ledger.notifications] == ["firing", "resolved"]


def test_undelivered_notifications_are_sent_after_a_restart(
    spark: SparkSession, tmp_path: Path
) -> None:
    tables, down, other = Tables(str(tmp_path)), Ledger(DOWN), Ledger(name="other")
    alert_manager = AlertManager(tables, [down, other])
    alert_manager.open(spark)
    alert_manager.process(frame_of(spark, {}), NOON + HOUR, writer="q", batch_id=0)
    assert alert_manager.dispatcher is not None
    until = time.monotonic() + 60
    while not other.notifications or down.failures == DOWN:
        assert time.monotonic() < until
        alert_manager.dispatcher.drain(0.2)
    assert alert_manager.close() == 1
    assert len(other.notifications) == 1
    for query, expected in (("another", 0), ("q", 1)):
        works, again = Ledger(), Ledger(name="other")
        alert_manager = AlertManager(tables, [works, again])
        alert_manager.open(spark, [query])
        assert alert_manager.close(drain=True) == 0
        assert (len(works.notifications), len(again.notifications)) == (expected, 0)
    attempts = AlertStore(tables, spark).deliveries().where("sink = 'ledger'").orderBy("attempt")
    results = [(row.attempt, row.status) for row in attempts.collect()]
    assert results[0] == (1, "failed")
    assert results[-1] == (len(results), "delivered")
    assert works.notifications[0].notification_id == other.notifications[0].notification_id


def test_ten_thousand_findings_of_one_window_are_one_notification(
    spark: SparkSession, tmp_path: Path
) -> None:
    ledger = Ledger()
    alert_manager = AlertManager(Tables(str(tmp_path)), [ledger])
    alert_manager.open(spark)
    frame = frame_of(spark, {}).drop("column_name", "value")
    many = spark.range(10_000).select(
        F.concat(F.lit("column "), "id").alias("column_name"),
        (0.2 + F.col("id") / 20_000).alias("value"),
    )
    wide = frame.crossJoin(many).select(*frame_of(spark).columns)
    assert alert_manager.process(wide, NOON + HOUR, writer="q", batch_id=0) == 10_000
    assert alert_manager.close(drain=True) == 0
    (note,) = ledger.notifications
    assert (note.count, len(note.alerts), note.severity) == (10_000, 1000, "critical")
    assert note.alerts[0].column_name == "column 9999"
    assert note.title == (
        "taxi (version 2): 10,000 alerts in the window 2026-11-23 12:00 to 2026-11-23 13:00 UTC"
    )
    assert len(note.lines) == 21
    assert note.lines[-1].startswith("and 9,980 more: see the table alerts, notification_id ")


def test_an_incident_without_traffic_resolves(spark: SparkSession, tmp_path: Path) -> None:
    ledger = Ledger()
    alert_manager = AlertManager(
        Tables(str(tmp_path)), [ledger], Policy(resolve_timeout=timedelta(hours=3))
    )
    alert_manager.open(spark)
    alert_manager.process(frame_of(spark, {}), NOON + HOUR, writer="q", batch_id=0)
    for batch_id, at in enumerate((3, 4, 5), start=1):
        quiet = frame_of(spark, hour(at, model="van", **OK))
        alert_manager.process(quiet, NOON + (at + 1) * HOUR, writer="q", batch_id=batch_id)
    assert alert_manager.close(drain=True) == 0
    assert [note.state for note in ledger.notifications] == ["firing", "resolved"]
    assert ledger.notifications[1].lines == (
        "distance of the model taxi has not been judged since 2026-11-23 13:00 UTC: "
        "it has no traffic, or too little",
    )


@pytest.mark.parametrize("action", ["silence", "ack"])
def test_a_running_alert_manager_reads_actions(
    spark: SparkSession, tmp_path: Path, action: str
) -> None:
    tables = Tables(str(tmp_path))
    alert_manager = AlertManager(tables, [], Policy(repeat_interval=HOUR))
    store = AlertStore(tables, spark)
    alert_manager.open(spark)
    alert_manager.process(frame_of(spark, {}), NOON + HOUR, writer="q", batch_id=0)
    (row,) = store.alerts().toArrow().to_pylist()
    assert row["suppressed_by"] == "no_route"  # there is no sink
    action_row: dict[str, object] = {
        "action_id": "1",
        "action": action,
        "by": "ada",
        "comment": "looking",
    }
    if action == "silence":
        action_row |= {"model": "ta*", "column_name": "*", "slice": "*", "severity": "info"}
        action_row |= {"start_time": row["fired_time"], "end_time": row["fired_time"] + 24 * HOUR}
    else:
        action_row |= {"incident_id": row["incident_id"], "start_time": row["fired_time"]}
    store.write_action(**action_row)
    silences, acknowledgements = store.actions()
    assert len(silences.silences) + len(acknowledgements.by_incident) == 1
    alert_manager.process(frame_of(spark, hour(1)), NOON + 2 * HOUR, writer="q", batch_id=1)
    (last,) = store.alerts().where("batch_id = 1").collect()
    assert last.suppressed_by == ("silenced" if action == "silence" else "no_route")
    store.write_action(**(action_row | {"action": "unsilence"}))
    assert store.actions()[0].silences == ()
    alert_manager.close()

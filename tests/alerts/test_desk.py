"""What the desk decides is in the table once, whatever is restarted, and reaches the sinks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from sparkmon.alerts import AlertDesk, AlertRecord, Policy
from sparkmon.tables import Tables
from tests.alerts.test_candidates import HOUR, NOON, findings
from tests.support.ledger import Ledger


def hour(at: int, **changes: object) -> dict[str, Any]:
    start = NOON + at * HOUR
    return {"window_start": start, "window_end": start + HOUR, **changes}


FINE = {"status": "ok", "value": 0.02}


def test_an_incident_goes_on_after_a_restart_until_it_is_resolved(
    spark: SparkSession, tmp_path: Path
) -> None:
    tables, ledger = Tables(str(tmp_path)), Ledger()
    hours = [{}, {}, FINE, FINE]
    for at, change in enumerate(hours):
        desk = AlertDesk(tables, [ledger])  # a new process, as it were
        desk.open(spark, ["q"])
        frame = findings(spark, hour(at, **change))
        for _ in range(2):  # and its batch is tried again
            desk.take(frame, NOON + (at + 1) * HOUR, writer="q", batch_id=at)
        assert desk.close(drain=True) == 0
    rows = AlertRecord(tables, spark).alerts().orderBy("window_end").collect()
    assert [(row.state, row.told, row.untold) for row in rows] == [
        ("fired", "fired", None),
        ("ongoing", None, "unchanged"),
        ("recovering", None, "recovering"),
        ("resolved", "resolved", None),
    ]
    assert [note.state for note in ledger.notifications] == ["fired", "resolved"]
    assert ledger.notifications[1].lines == (
        "distance of the model taxi is like training again in the window 2026-11-23 15:00 to "
        "2026-11-23 16:00 UTC: ks 0.0200 is within its threshold 0.100 (3,000 rows against 12,000)",
    )
    assert len({row.incident_id for row in rows}) == 1
    assert len({row.alert_id for row in rows}) == 4


def test_a_batch_of_many_windows_is_decided_on_window_by_window(
    spark: SparkSession, tmp_path: Path
) -> None:
    ledger = Ledger()
    desk = AlertDesk(Tables(str(tmp_path)), [ledger])
    desk.open(spark)
    hours: list[dict[str, Any]] = [FINE, {}, {"confirmed": False}, FINE, FINE, FINE]
    frame = findings(spark, *(hour(at, **change) for at, change in enumerate(hours)))
    desk.take(frame, NOON + len(hours) * HOUR, writer="q", batch_id=0)
    assert desk.close(drain=True) == 0
    rows = AlertRecord(desk.tables, spark).alerts().orderBy("window_end").collect()
    found = [(row.window_start.hour - NOON.hour, row.state, row.told) for row in rows]
    assert found == [
        (1, "fired", "fired"),
        (2, "ongoing", None),
        (3, "recovering", None),
        (4, "resolved", "resolved"),
    ]
    assert [note.state for note in ledger.notifications] == ["fired", "resolved"]


def test_what_a_sink_that_was_down_has_not_had_it_gets_after_a_restart(
    spark: SparkSession, tmp_path: Path
) -> None:
    tables, down, other = Tables(str(tmp_path)), Ledger(10**6), Ledger(name="other")
    desk = AlertDesk(tables, [down, other])
    desk.open(spark)
    desk.take(findings(spark, {}), NOON + HOUR, writer="q", batch_id=0)
    assert desk.dispatcher is not None
    desk.dispatcher.drain(1.5)
    assert desk.close() == 1
    assert len(other.notifications) == 1
    for query, expected in (("another", 0), ("q", 1)):
        works, again = Ledger(), Ledger(name="other")
        desk = AlertDesk(tables, [works, again])
        desk.open(spark, [query])
        assert desk.close(drain=True) == 0
        assert (len(works.notifications), len(again.notifications)) == (expected, 0)
    attempts = AlertRecord(tables, spark).deliveries().where("sink = 'ledger'").orderBy("attempt")
    found = [(row.attempt, row.status) for row in attempts.collect()]
    assert found[0] == (1, "failed")
    assert found[-1] == (len(found), "delivered")
    assert works.notifications[0].notification_id == other.notifications[0].notification_id


def test_ten_thousand_findings_of_one_window_are_one_message(
    spark: SparkSession, tmp_path: Path
) -> None:
    ledger = Ledger()
    desk = AlertDesk(Tables(str(tmp_path)), [ledger])
    desk.open(spark)
    frame = findings(spark, {}).drop("column_name", "value")
    many = spark.range(10_000).select(
        F.concat(F.lit("column "), "id").alias("column_name"),
        (0.2 + F.col("id") / 20_000).alias("value"),
    )
    wide = frame.crossJoin(many).select(*findings(spark).columns)
    assert desk.take(wide, NOON + HOUR, writer="q", batch_id=0) == 10_000
    assert desk.close(drain=True) == 0
    (note,) = ledger.notifications
    assert (note.count, len(note.alerts), note.severity) == (10_000, 1000, "critical")
    assert note.alerts[0].column_name == "column 9999"
    assert note.title == (
        "taxi (version 2): 10,000 alerts in the window 2026-11-23 12:00 to 2026-11-23 13:00 UTC"
    )
    assert len(note.lines) == 21
    assert note.lines[-1].startswith("and 9,980 more: see the table alerts, notification_id ")


def test_what_has_no_traffic_any_more_ends(spark: SparkSession, tmp_path: Path) -> None:
    ledger = Ledger()
    desk = AlertDesk(Tables(str(tmp_path)), [ledger], Policy(forget_after=timedelta(hours=3)))
    desk.open(spark)
    desk.take(findings(spark, {}), NOON + HOUR, writer="q", batch_id=0)
    for batch_id, at in enumerate((3, 4, 5), start=1):
        quiet = findings(spark, hour(at, model="van", **FINE))
        desk.take(quiet, NOON + (at + 1) * HOUR, writer="q", batch_id=batch_id)
    assert desk.close(drain=True) == 0
    assert [note.state for note in ledger.notifications] == ["fired", "resolved"]
    assert ledger.notifications[1].lines == (
        "distance of the model taxi has not been judged since 2026-11-23 13:00 UTC: "
        "it has no traffic, or too little",
    )


@pytest.mark.parametrize("action", ["silence", "ack"])
def test_what_people_say_is_heard_by_a_running_desk(
    spark: SparkSession, tmp_path: Path, action: str
) -> None:
    tables = Tables(str(tmp_path))
    desk = AlertDesk(tables, [], Policy(repeat=HOUR))
    record = AlertRecord(tables, spark)
    desk.open(spark)
    desk.take(findings(spark, {}), NOON + HOUR, writer="q", batch_id=0)
    (row,) = record.alerts().toArrow().to_pylist()
    assert row["untold"] == "no_route"  # there is no sink
    said: dict[str, object] = {
        "action_id": "1",
        "action": action,
        "by": "ada",
        "comment": "looking",
    }
    if action == "silence":
        said |= {"model": "ta*", "column_name": "*", "slice": "*", "severity": "info"}
        said |= {"start_time": row["fired_time"], "end_time": row["fired_time"] + 24 * HOUR}
    else:
        said |= {"incident_id": row["incident_id"], "start_time": row["fired_time"]}
    record.write_action(**said)
    actions = record.actions()
    assert len(actions.silences) + len(actions.acknowledgements) == 1
    desk.take(findings(spark, hour(1)), NOON + 2 * HOUR, writer="q", batch_id=1)
    (last,) = record.alerts().where("batch_id = 1").collect()
    assert last.untold == ("silenced" if action == "silence" else "no_route")
    record.write_action(**(said | {"action": "unsilence"}))
    assert record.actions().silences == ()
    desk.close()

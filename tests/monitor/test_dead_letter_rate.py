"""A client that sends what cannot be decoded does not leave the statistics unseen: from events to an alert."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks
from sparkmon.ingest import Ingest, _Task
from sparkmon.interval import EPOCH
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor
from sparkmon.panes import PaneBuilder
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.records import DeadLetter, Event
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.decoding import decode_batch
from tests.support.streams import events_frame
from tests.support.traffic import clock, v1_event

HOUR = 3_600_000_000
NO_TIME = DeadLetter("EVENT_TIME_MALFORMED", "no time")


def broken(model: str, minutes: float) -> Event:
    return replace(v1_event(model, minutes, []), payload=b'{"instances": [[50')


def counted(batches: list[list[Event]], ahead_s: float = float("inf"), *, as_rows: bool = False) -> dict[Any, Any]:
    """Return the events and dead letters of each model and hour of one task, as its panes have them."""
    task = _Task(Ingest(lambda: PaneBuilder(HOUR), ahead_s=ahead_s), {}, None)
    events = [events_to_batch(batch) for batch in batches]
    read = (task.read_rows(decode_batch(each)) if as_rows else task.read(each) for each in events)
    output = [each for outputs in read for each in outputs]
    panes: list[Any] = (
        pa.Table.from_batches([*output, *task.summary()])["pane"].combine_chunks().drop_null().to_pylist()
    )
    rows = [pane for pane in panes if pane["column_name"] == ":events"]
    assert all(pane["column_kind"] == "event" and pane["model_version"] == "" for pane in rows)
    return {
        (pane["model"], pane["window_start"].hour): (
            pane["profile"]["count"],
            round(pane["profile"]["avg"] * pane["profile"]["count"], 9),
        )
        for pane in rows
    }


def test_events_and_dead_letters_are_counted_by_model_and_hour() -> None:
    events = [v1_event("shop", minutes, [[1.0], [2.0]], version="7") for minutes in range(0, 120, 10)]
    events += [broken("shop", 70), broken("shop", 80), broken("bank", 5), clock(10)]
    # An event, not a row, counts once; a health check and what names no model do not.
    nameless = replace(broken("shop", 20), model="")
    events.append(nameless)
    assert counted([events]) == {("shop", 0): (6, 0), ("shop", 1): (8, 2), ("bank", 0): (1, 1)}
    assert counted([events], as_rows=True) == counted([events])
    # Redelivered in another batch of the task, they are counted once.
    assert counted([events, events]) == counted([events])


def test_a_dead_letter_without_a_time_is_of_the_newest_that_came_before_and_moves_no_clock() -> None:
    no_time = Event("lost", "request", "pod", EPOCH, b"", "shop", dead_letter=NO_TIME)
    ahead = replace(broken("shop", 0), event_time=datetime.now(timezone.utc) + timedelta(days=1))
    first, second = v1_event("shop", 10, [[1.0]]), v1_event("bank", 70, [[1.0]])
    assert counted([[first, no_time], [second, ahead]], ahead_s=60) == {
        ("shop", 0): (2, 1),
        ("bank", 1): (1, 0),
        ("shop", 1): (1, 1),
    }
    assert counted([[no_time]], ahead_s=60) == {}


def test_from_events_to_an_alert_and_a_batch_gives_what_the_stream_gave(spark: SparkSession, tmp_path: Path) -> None:
    register(spark)
    store = LocalStore(tmp_path / "store")
    store.write_reference(reference_of(spark.range(1000).selectExpr("id AS amount"), "shop").toArrow())
    # An hour of 200 events of five rows, one of which cannot be decoded; then one in five.
    amounts = np.arange(2000).reshape(2, 200, 5, 1) % 1000
    events = [v1_event("shop", 60 * at + i * 0.3, amounts[at, i].tolist()) for at in (0, 1) for i in range(200)]
    lost = [broken("shop", 30), *(broken("shop", 60 + i) for i in range(50))]
    # A client that sends nothing else is seen, too.
    others = [broken("bank", minutes) for minutes in range(10)]
    sent = sorted([*events, *lost, *others, lost[3], clock(300), clock(300, "bank")], key=lambda each: each.event_time)
    checks = Checks(("ks",))

    def rates(findings: DataFrame) -> dict[Any, Any]:
        return {
            (row.model, row.window_start.hour): (row.value, row.current_count, row.status, row.confirmed)
            for row in findings.where("statistic = 'dead_letter_rate'").collect()
        }

    with SpoolWriter(tmp_path / "spool") as spool:
        spool.append(events_to_batch(sent))
    monitor = Monitor(store, f"{tmp_path}/tables", alerting=Alerting(()), checks=checks)
    stream = spark.readStream.format("kserve").option("maxEventsPerTrigger", 150).load(f"{tmp_path}/spool")
    monitor.start(stream, f"{tmp_path}/checkpoints", available_now=True).awaitTermination()
    found = rates(monitor.tables.read(spark, "drift_metrics"))
    assert found == {
        ("shop", 0): (1 / 201, 201, "ok", False),
        ("shop", 1): (0.2, 250, "over_limit", True),
        ("bank", 0): (1.0, 10, "over_limit", True),
    }
    alerts = monitor.tables.read(spark, "alerts").collect()
    assert {(row.model, row.column_kind, row.statistic) for row in alerts} == {
        (model, "event", "dead_letter_rate") for model in ("shop", "bank")
    }
    [message] = [row.message for row in alerts if row.model == "shop"]
    assert message.endswith("dead_letter_rate 0.2 where 0.01 is allowed (250 events)")
    assert "the rate of dead letters of the model shop exceeds its limit in the window" in message
    assert rates(monitor.findings(monitor.profiles(events_frame(spark, sent)))) == found

"""The whole walk, from a spool of events to tables and alerts: once, whatever is restarted or sent."""

import gzip
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession

from sparkmon.alerts import Alerting
from sparkmon.errors import OptionError, ReferenceMissingError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.monitor import Monitor
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch, from_http
from sparkmon.records import Event
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.ledger import Ledger
from tests.support.streams import events_frame
from tests.support.traffic import MIDNIGHT, clock, requests, v1_event

RANDOM = np.random.default_rng(42)
SIZE = 600
TRAINING = pa.table(
    {
        "amount": RANDOM.normal(50, 10, 3000).tolist(),
        "kind": RANDOM.choice(["card", "cash", "app"], 3000).tolist(),
        "score": RANDOM.random(3000).tolist(),
    }
)


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    """Give a store with a reference for each of two models."""
    register(spark)
    made = LocalStore(tmp_path_factory.mktemp("store"))
    table = spark.createDataFrame(TRAINING)
    both = [reference_of(table, model, predictions=["score"]) for model in ("shop", "bank")]
    made.write_reference(both[0].unionByName(both[1]).toArrow())
    return made


def hour(model: str, at: int, mean: float) -> list[Event]:
    """Make an hour of traffic whose amounts have the given mean."""
    amounts = RANDOM.normal(mean, 10, SIZE)
    kinds = RANDOM.choice(["card", "cash", "app"], SIZE)
    rows = [[amount, kind] for amount, kind in zip(amounts, kinds.tolist(), strict=True)]
    scores = RANDOM.random(SIZE).tolist()
    answers = requests(model, 60 * at, 60 * at + 60, scores, 50)
    responses = [
        replace(event, event_type="response", payload=event.payload.replace(b"instances", b"predictions"))
        for event in answers
    ]
    return [*requests(model, 60 * at, 60 * at + 60, rows, 50), *responses]


def in_time(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event.event_time)


TORN = b'{"instances": [[50, "card"'
HOSTILE = {
    "BODY_GZIP_BROKEN": replace(v1_event("shop", 10, []), payload=gzip.compress(TORN)[:-9]),
    "BODY_NOT_JSON": replace(v1_event("shop", 20, []), payload=TORN),
    "ROW_LENGTH_MISMATCH": v1_event("bank", 30, [[1.0, "card", 3.0]]),
    "NOT_A_CLOUDEVENT": from_http({"Accept": "*/*"}, b"\x00\xff", received_time=MIDNIGHT),
    "HEADER_NOT_UTF8": from_http(
        {
            b"Ce-Id": b"1",
            b"Ce-Type": b"org.kubeflow.serving.inference.request",
            b"Ce-Source": b"\xff\xfe",
            b"Ce-Time": b"2026-11-23T00:40:00Z",
        },
        b"{}",
    ),
}
FIRST = in_time([*hour("shop", 0, 50), *hour("bank", 0, 50), *HOSTILE.values()])
SECOND = in_time([*hour("shop", 1, 50), *hour("bank", 1, 80)])


def spooled(spark: SparkSession, spool: SpoolWriter, events: list[Event]) -> DataFrame:
    spool.append(events_to_batch(events))
    return spark.readStream.format("kserve").load(str(spool.path))


def watched(monitor: Monitor, events: DataFrame, work: Path) -> None:
    """Run the monitor over all there is, on from its checkpoints."""
    query = monitor.start(events, str(work / "checkpoints"), available_now=True)
    try:
        query.awaitTermination()
    finally:
        query.stop()


def contents(spark: SparkSession, monitor: Monitor, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = monitor.tables.read(spark, table).toArrow().to_pylist()
    return rows


@pytest.fixture(scope="module")
def run(spark: SparkSession, store: LocalStore, tmp_path_factory: pytest.TempPathFactory) -> tuple[Monitor, Ledger]:
    """Watch two hours, stopped and started in the middle, where some events come again."""
    work, ledger = tmp_path_factory.mktemp("monitor"), Ledger()
    half = len(SECOND) // 2
    parts = [[*FIRST, *SECOND[:half]], [*SECOND[half - 5 :], *SECOND[half:], clock(135), clock(135, "bank")]]
    with SpoolWriter(work / "spool") as spool:
        for part in parts:
            monitor = Monitor(store, str(work / "tables"), alerting=Alerting([ledger]), keep_rows=["shop"])
            watched(monitor, spooled(spark, spool, part), work)
    return monitor, ledger


def test_each_window_and_column_has_one_profile(spark: SparkSession, run: tuple[Monitor, Ledger]) -> None:
    rows = contents(spark, run[0], "profiles")
    counts = {
        (row["model"], row["window_start"], row["column_name"], row["column_kind"]): row["profile"]["count"]
        for row in rows
    }
    columns = [("amount", "feature"), ("kind", "feature"), ("score", "prediction")]
    events = {("shop", 0): 24 + 2, ("shop", 1): 24, ("bank", 0): 24 + 1, ("bank", 1): 24}
    expected = {
        (model, MIDNIGHT + timedelta(hours=at), *column): SIZE
        for model in ("shop", "bank")
        for at in (0, 1)
        for column in columns
    }
    expected |= {(model, MIDNIGHT + timedelta(hours=at), ":events", "event"): n for (model, at), n in events.items()}
    assert counts == expected
    assert len(rows) == len(expected)


def test_only_the_drifted_column_of_the_drifted_window_is_found(
    spark: SparkSession, run: tuple[Monitor, Ledger]
) -> None:
    findings = contents(spark, run[0], "drift_metrics")
    # Four of drift and six of quality for two columns of numbers, two and two for the levels, and the rate of dead
    # letters: per model and hour.
    assert len(findings) == 2 * 2 * (10 + 10 + 4 + 1)
    drifted = {
        (row["model"], row["window_start"], row["column_name"], row["statistic"])
        for row in findings
        if row["status"] == "drift"
    }
    second = MIDNIGHT + timedelta(hours=1)
    # 80 +- 10 beside the greatest of 3,000 at 50 +- 10
    names = ("ks", "psi", "js", "wasserstein", "range_rate")
    assert drifted == {("bank", second, "amount", name) for name in names}
    told = Counter(row["status"] for row in findings)
    assert told == {"drift": 5, "ok": 95}
    # To stand above noise at its threshold wasserstein needs 1,900 rows, js more than 600; and 600 do not tell of
    # one row in two hundred that 3,000 might just have missed.
    few = {row["statistic"] for row in findings if "it is found from" in row["reason"]}
    assert few == {"js", "wasserstein", "unseen_rate"}


def test_one_alert_is_written_and_delivered_once(spark: SparkSession, run: tuple[Monitor, Ledger]) -> None:
    monitor, ledger = run
    (alert,) = contents(spark, monitor, "alerts")
    (told,) = ledger.alerts
    assert (alert["model"], alert["column_name"], alert["current_count"]) == ("bank", "amount", SIZE)
    assert told.alert_id == alert["alert_id"]
    assert told.message == alert["message"]


def test_the_rows_of_a_model_are_kept_if_requested_each_once(spark: SparkSession, run: tuple[Monitor, Ledger]) -> None:
    rows = contents(spark, run[0], "rows")
    assert {row["model"] for row in rows} == {"shop"}
    assert len({(row["event_id"], row["event_type"], row["instance"]) for row in rows}) == len(rows)
    counted = Counter((row["event_type"], row["event_time"].hour) for row in rows)
    assert counted == {(half, at): SIZE for half in ("request", "response") for at in (0, 1)}
    amounts = [dict(row["features"])["amount"]["number"] for row in rows if row["features"]]
    profiles = [row["profile"] for row in contents(spark, run[0], "profiles")]
    assert max(amounts) in {profile["max"] for profile in profiles}


def test_hostile_events_end_as_dead_letters_with_their_bytes(spark: SparkSession, run: tuple[Monitor, Ledger]) -> None:
    found = {row["condition"]: row["payload"] for row in contents(spark, run[0], "dead_letters")}
    assert found == {condition: event.payload for condition, event in HOSTILE.items()}


def test_every_event_is_accounted_for(spark: SparkSession, store: LocalStore, tmp_path: Path) -> None:
    health = clock(59)
    events = [*FIRST, health, replace(health, component="transformer"), FIRST[0]]
    monitor = Monitor(store, str(tmp_path), alerting=Alerting(()))
    rows = monitor.rows(events_frame(spark, events))
    # Event by event: all rows of one event come from one payload.
    asked = rows.where("instance <= 0").groupBy("kind").count().collect()
    found = {row["kind"]: row["count"] for row in asked}
    assert found == {"v1_request": 24, "v1_response": 24, "dead_letter": len(HOSTILE), "health": 1}
    assert sum(found.values()) == len(events) - 2  # a redelivery, and a hop that is not watched
    profiled = monitor.profiles(events_frame(spark, events)).where("column_kind != 'event'").collect()
    assert sum(row.profile["count"] for row in profiled) == 2 * 3 * SIZE


def test_a_batch_gives_the_findings_of_the_stream(
    spark: SparkSession, store: LocalStore, run: tuple[Monitor, Ledger], tmp_path: Path
) -> None:
    monitor = Monitor(store, str(tmp_path), alerting=Alerting(()))
    profiles = monitor.profiles(events_frame(spark, [*FIRST, *SECOND]))
    keys = ("model", "window_start", "column_name", "statistic")
    live, batch = (
        {tuple(row[name] for name in keys): row for row in rows}
        for rows in (contents(spark, run[0], "drift_metrics"), monitor.findings(profiles).toArrow().to_pylist())
    )
    assert live.keys() == batch.keys()
    for key, row in live.items():
        assert row["value"] == pytest.approx(batch[key]["value"], rel=1e-9)
        assert row["status"] == batch[key]["status"]


def test_a_table_that_cannot_be_written_ends_the_query(spark: SparkSession, store: LocalStore, tmp_path: Path) -> None:
    monitor = Monitor(store, str(tmp_path / "tables"), alerting=Alerting(()))
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "dead_letters").write_text("in the way")
    with SpoolWriter(tmp_path / "spool") as spool:
        events = spooled(spark, spool, [*HOSTILE.values()])
        query = monitor.start(events, str(tmp_path / "checkpoints"))
        try:
            with pytest.raises(StreamingQueryException, match="dead_letters"):
                query.awaitTermination()
            assert not query.isActive
        finally:
            query.stop()


def test_what_cannot_be_monitored_is_refused(spark: SparkSession, store: LocalStore, tmp_path: Path) -> None:
    monitor = Monitor(store, str(tmp_path))
    with pytest.raises(OptionError, match=r"got a batch DataFrame; .*readStream"):
        monitor.start(events_frame(spark, FIRST), str(tmp_path))
    with pytest.raises(ReferenceMissingError, match=r"LocalStore\(.*no reference 'june'"):
        Monitor(store, str(tmp_path), reference="june")
    with pytest.raises(ReferenceMissingError, match="no reference 'training'"):
        Monitor(LocalStore(tmp_path / "empty"), str(tmp_path))

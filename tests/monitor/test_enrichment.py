"""Requests that a transformer enriched: keys without rows, stale rows, features that are not the store's."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from sparkmon.alerts import Alerting
from sparkmon.errors import OptionError, StoreError
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.protocol.enrichment import Enrichment
from sparkmon.records import Event
from sparkmon.session import register
from sparkmon.store import FeatureView, GroupInView, LocalStore
from tests.support.streams import events_frame
from tests.support.traffic import MIDNIGHT, clock, v1_event

CARDS = GroupInView("cards_1", {"card": "card"}, {"limit": "limit", "kind": "kind"}, time="updated")
VIEW = FeatureView("fraud", 2, ("amount", "limit", "kind"), (CARDS,))
SIZE = 20
CALLS = 50  # an hour of 1,000 rows


def card(number: int) -> dict[str, Any]:
    """Make the row of a card; those from 900 on were updated after the traffic."""
    late = timedelta(days=1) if number >= 900 else timedelta(days=-1)
    return {"card": number, "limit": number / 10, "kind": "gold" if number % 2 else "blue", "updated": MIDNIGHT + late}


def call(hour: int, index: int) -> Event:
    """20 rows; in the second hour every fifth card is unknown and half of the limits are not the store's."""
    cards = [index * SIZE + place for place in range(SIZE)]
    broken = hour == 1
    missing = [place for place in range(SIZE) if broken and place % 5 == 0]
    rows: list[list[object]] = []
    for place, number in enumerate(cards):
        limit = card(number)["limit"] + (1 if broken and place % 2 else 0)
        known = place not in missing
        rows.append([1.0, limit if known else None, card(number)["kind"] if known else None])
    keys = [number + 5000 if place in missing else number for place, number in enumerate(cards)]
    ages = [None if place in missing else 60.0 + place for place in range(SIZE)]
    note = Enrichment("fraud:2", {"card": keys}, {"cards_1": missing}, {"cards_1": []}, {"cards_1": ages})
    body = {"instances": rows, "parameters": {"sparkmon": note.to_text()}}
    event = v1_event("fraud", 60 * hour + index, rows)
    return replace(event, payload=json.dumps(body).encode())


EVENTS = [call(hour, index) for hour in (0, 1) for index in range(CALLS)]


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    register(spark)
    made = LocalStore(tmp_path_factory.mktemp("store"))
    made.write_view(VIEW)
    made.write_rows("cards_1", ["card"], [card(number) for number in range(1000)])
    training = spark.range(1000).selectExpr(
        "1D AS amount", "id / 10 AS limit", "IF(id % 2 = 1, 'gold', 'blue') AS kind"
    )
    made.write_reference(reference_of(training, "fraud").toArrow())
    return made


def test_rates_of_a_stream_are_those_of_its_rows(spark: SparkSession, store: LocalStore, tmp_path: Path) -> None:
    with SpoolWriter(tmp_path / "spool") as spool:
        spool.append(events_to_batch([*EVENTS, clock(300, "fraud")]))
    monitor = Monitor(store, f"{tmp_path}/tables", alerting=Alerting(()), views={"fraud": "fraud:2"})
    events = spark.readStream.format("kserve").load(f"{tmp_path}/spool")
    monitor.start(events, f"{tmp_path}/checkpoints", available_now=True).awaitTermination()
    findings = monitor.tables.read(spark, "drift_metrics").where("column_kind = 'row_flag'")
    found = {
        (row.window_start.hour, row.column_name): (row.value, row.current_count, row.status)
        for row in findings.collect()
    }
    # Of 1,000 rows a fifth have no row; 100 cards were updated since. A missing row has no limit to compare, and of
    # the other 720 every place that is odd and no multiple of five (8 of 16) has another limit.
    assert found == {
        (0, "cards_1.missing"): (0.0, 1000, "ok"),
        (0, "cards_1.stale"): (0.0, 1000, "ok"),
        (0, "limit.skew"): (0.0, 900, "ok"),
        (0, "kind.skew"): (0.0, 900, "ok"),
        (1, "cards_1.missing"): (0.2, 1000, "over_limit"),
        (1, "cards_1.stale"): (0.0, 1000, "ok"),
        (1, "limit.skew"): (0.5, 720, "over_limit"),
        (1, "kind.skew"): (0.0, 720, "ok"),
    }
    alerts = monitor.tables.read(spark, "alerts").where("column_kind = 'row_flag'")
    assert {row.column_name for row in alerts.collect()} == {"cards_1.missing", "limit.skew"}
    batch = monitor.findings(monitor.profiles(events_frame(spark, EVENTS)))
    again = {
        (row.window_start.hour, row.column_name): (row.value, row.current_count, row.status)
        for row in batch.where("column_kind = 'row_flag'").collect()
    }
    assert again == found


def test_ages_are_profiled_and_ids_can_be_joined(spark: SparkSession, store: LocalStore, tmp_path: Path) -> None:
    views = {"fraud": "fraud:2"}
    monitor = Monitor(store, f"{tmp_path}/tables", alerting=Alerting(()), views=views)
    frame = events_frame(spark, EVENTS)
    ages = monitor.profiles(frame).where("column_name = 'cards_1.age_s'").orderBy("window_start")
    told = ages.select("profile.min", "profile.max", "profile.num_numbers", "profile.num_nulls")
    assert [tuple(row) for row in told.collect()] == [(60, 79, 1000, 0), (61, 79, 800, 200)]
    ids = monitor.rows(frame).selectExpr("entities.card.number AS card")
    assert ids.distinct().count() == 1200
    without = Monitor(store, f"{tmp_path}/tables", alerting=Alerting(()))
    assert without.rows(frame).where("entities IS NOT NULL OR row_flags IS NOT NULL").count() == 0
    flags = "column_kind = 'row_flag' OR column_name = 'cards_1.age_s'"
    assert without.profiles(frame).where(flags).count() == 0


def test_views_are_settled_when_the_monitor_is_made(store: LocalStore, tmp_path: Path) -> None:
    def refused(view: str) -> Monitor:
        return Monitor(store, f"{tmp_path}/tables", views={"fraud": view})

    with pytest.raises(StoreError, match="fraud"):
        refused("fraud:9")
    with pytest.raises(OptionError, match="got views='fraud:x'; expected a feature view as NAME"):
        refused("fraud:x")


def test_a_view_without_times_has_no_skew_and_its_other_rates(
    spark: SparkSession, store: LocalStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.write_view(replace(VIEW, name="old", groups=(replace(CARDS, time=None),)))
    monitor = Monitor(store, f"{tmp_path}/tables", alerting=Alerting(()), views={"fraud": "old:2"})
    assert "'old' of the model 'fraud' has no group with a `time` column: there is no skew_rate" in caplog.text
    findings = monitor.findings(monitor.profiles(events_frame(spark, EVENTS))).where("column_kind = 'row_flag'")
    found = {(row.window_start.hour, row.column_name): (row.value, row.status) for row in findings.collect()}
    assert found == {
        (0, "cards_1.missing"): (0.0, "ok"),
        (0, "cards_1.stale"): (0.0, "ok"),
        (1, "cards_1.missing"): (0.2, "over_limit"),
        (1, "cards_1.stale"): (0.0, "ok"),
    }

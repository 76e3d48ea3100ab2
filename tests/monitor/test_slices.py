"""Drift in one slice: found there, told with the slice's name, and not in the whole; stream and batch agree."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession
from scipy.stats import ks_2samp

from sparkmon import worst_slices
from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks
from sparkmon.errors import OptionError
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor, Windows
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.streams import events_frame
from tests.support.traffic import clock, requests, v1_event

RANDOM = np.random.default_rng(77)
SHARES = {"EWR": 0.5, "JFK": 0.2, "LGA": 0.3}
ROWS = 6000
FEW = 1500
FAR = "distance > 1000"


def flights() -> dict[str, Any]:
    """Make an hour of flights."""
    return {
        "distance": RANDOM.gamma(4, 300, ROWS).round(1),
        "origin": RANDOM.choice([*SHARES], ROWS, p=[*SHARES.values()]),
        "delay": RANDOM.normal(10, 5, ROWS),
        "score": RANDOM.random(ROWS),
    }


TRAINING = flights()
HOURS = [flights() for _ in range(3)]
for hour in HOURS[1:]:
    # A fifth of the rows moves by half a standard deviation: 0.2 of ks there, 0.04 in the whole.
    hour["delay"] += np.where(hour["origin"] == "JFK", 2.5, 0.0)


def events_of(hour: int, model: str = "flights", rows: int = ROWS) -> list[Event]:
    told = {name: values[:rows] for name, values in HOURS[hour].items()}
    columns = zip(*(told[name].tolist() for name in ("distance", "origin", "delay")), strict=True)
    asked = requests(model, 60 * hour, 60 * hour + 60, [[*row] for row in columns], 100)
    scores = np.split(told["score"], len(asked))
    answers = [
        # As the receiver pairs them.
        replace(
            v1_event(model, 0, score.tolist(), half="response"),
            event_time=request.event_time,
            request_payload=request.payload,
        )
        for request, score in zip(asked, scores, strict=True)
    ]
    return [event for pair in zip(asked, answers, strict=True) for event in pair]


EVENTS = [event for hour in range(3) for event in events_of(hour)]
CHECKS = Checks(("ks",))


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    register(spark)
    made = LocalStore(tmp_path_factory.mktemp("store"))
    rows = [*zip(*(values.tolist() for values in TRAINING.values()), strict=True)]
    table, first = (spark.createDataFrame(part, [*TRAINING]) for part in (rows, rows[:FEW]))
    reference = reference_of(table, "flights", predictions=["score"], slices=["origin", FAR])
    few = reference_of(first, "few", predictions=["score"], slices=["origin"])
    made.write_reference(reference.unionByName(few).toArrow())
    return made


KEYS = ("window_start", "slice_key", "slice_value", "column_name", "statistic")
TOLD = ("value", "p_value", "p_adjusted", "reference_count", "current_count", "status", "confirmed")


def by_key(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = {tuple(row[name] for name in KEYS): {name: row[name] for name in TOLD} for row in rows}
    assert len(found) == len(rows)
    return found


def test_drift_in_one_slice_is_found_and_alerted_on_and_the_same_in_batch(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    # Sketches that are exact, for others are random beyond their k rows.
    monitor = Monitor(store, f"{tmp_path}/tables", windows=Windows(k=8000), checks=CHECKS, alerting=Alerting(()))
    # The first run ends in the middle of an hour.
    for part in (EVENTS[:70], [*EVENTS[70:], clock(300, "flights")]):
        with SpoolWriter(tmp_path / "spool") as spool:
            spool.append(events_to_batch(part))
        events = spark.readStream.format("kserve").load(f"{tmp_path}/spool")
        monitor.start(events, f"{tmp_path}/checkpoints", available_now=True).awaitTermination()
    live = monitor.tables.read(spark, "drift_metrics").where("column_kind != 'event'").cache()
    found = by_key(live.toArrow().to_pylist())
    # Four columns of which three are numbers, of the whole and five slices, in three hours.
    assert len(found) == 3 * 6 * 3
    drifted = {(key[0].hour, *key[1:4]) for key, row in found.items() if row["status"] == "drift"}
    assert drifted == {(1, "origin", "JFK", "delay"), (2, "origin", "JFK", "delay")}

    batch = monitor.findings(monitor.profiles(events_frame(spark, EVENTS))).where("column_kind != 'event'")
    again = by_key(batch.toArrow().to_pylist())
    assert again.keys() == found.keys()
    for key, row in found.items():
        for name, value in row.items():
            if isinstance(value, float):
                value = pytest.approx(value, rel=1e-9)
            assert again[key][name] == value

    (alert,) = monitor.tables.read(spark, "alerts").where("state = 'firing'").collect()
    assert (alert.slice_key, alert.slice_value, alert.column_name) == ("origin", "JFK", "delay")
    assert alert.message.startswith(
        "delay of the model flights drifted from training in the slice origin = JFK "
        "in the window 2026-11-23 02:00 to 2026-11-23 03:00 UTC: ks 0."
    )
    worst = worst_slices(live).where("column_name = 'delay' AND hour(window_start) = 1").collect()
    assert [row.rank for row in worst] == [1, 2, 3, 4, 5]
    assert (worst[0].slice_value, worst[0].status) == ("JFK", "drift")
    assert worst[0].excess > 1 > worst[1].excess


def test_values_are_scipys_on_the_rows_of_the_slice(spark: SparkSession, store: LocalStore, tmp_path: Path) -> None:
    monitor = Monitor(store, f"{tmp_path}/tables", checks=CHECKS, alerting=Alerting(()), slices=["origin"])
    batch = monitor.findings(monitor.profiles(events_frame(spark, events_of(1, "few", FEW))))
    found = {
        (row.slice_value, row.column_name): (row.value, row.p_value, row.current_count)
        for row in batch.where("slice_key = 'origin'").collect()
    }
    assert len(found) == 3 * 3
    before, now = ({name: values[:FEW] for name, values in each.items()} for each in (TRAINING, HOURS[1]))
    for (origin, column), (value, p_value, count) in found.items():
        old, new = (each[column][each["origin"] == origin] for each in (before, now))
        exact = ks_2samp(old, new)
        assert (value, count) == (pytest.approx(exact.statistic, abs=1e-12), len(new))
        assert np.log(p_value) == pytest.approx(np.log(exact.pvalue), rel=0.05, abs=0.25)


def test_fewer_slices_may_be_monitored_and_others_are_refused(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    none = Monitor(store, f"{tmp_path}/tables", alerting=Alerting(()), slices=[])
    cuts = none.profiles(events_frame(spark, EVENTS[:2])).select("slice_key").distinct()
    assert [row.slice_key for row in cuts.collect()] == [None]
    with pytest.raises(OptionError, match="got the slice 'zone', which no reference was made with"):
        Monitor(store, f"{tmp_path}/tables", slices=["origin", "zone"])

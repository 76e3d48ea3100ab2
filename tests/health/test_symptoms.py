"""What a monitor's vitals mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from sparkmon.health import HealthLimits, Tally, Traffic, Vitals
from sparkmon.health.query_vitals import QueryVitals
from sparkmon.health.symptoms import Symptom, symptoms_of

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
LIMITS = HealthLimits()
WELL = QueryVitals("profiles", batches=3, last_batch_time=NOON, last_events_time=NOON, events=1000)
LETTERS = replace(WELL, name="dead_letters")


def vitals(*queries: QueryVitals, after: timedelta = timedelta(), **parts: object) -> Vitals:
    named = {query.name: query for query in queries or (WELL, LETTERS)}
    made = Vitals(NOON + after, NOON - 60 * MINUTE, queries=named)
    return replace(made, **parts)  # type: ignore[arg-type]


START = vitals(QueryVitals("profiles"), QueryVitals("dead_letters"), after=-60 * MINUTE)


def ill(now: Vitals, before: Vitals = START, limits: HealthLimits = LIMITS) -> dict[str, Symptom]:
    return {each.name: each for each in symptoms_of(now, before, limits) if each.is_ill}


def test_a_monitor_that_works_is_well() -> None:
    assert ill(vitals()) == {}
    assert {each.name for each in symptoms_of(vitals(), START, LIMITS)} == {
        *("blind", "silent", "dead_letters", "late")
    }


def test_a_query_that_has_stopped_leaves_the_monitor_blind() -> None:
    stopped = replace(WELL, is_active=False)
    assert ill(vitals(stopped, LETTERS))["blind"].message == (
        "the monitor is blind: its query profiles has stopped"
    )
    failed = replace(LETTERS, is_active=False, error="disk full")
    blind = ill(vitals(WELL, failed))["blind"]
    assert blind.message == ("the monitor is blind: its query dead_letters has stopped: disk full")
    assert blind.severity == "critical"
    # A run over what is there ends by itself; but not by an error.
    assert ill(vitals(stopped, LETTERS, may_end=True)) == {}
    assert set(ill(vitals(WELL, failed, may_end=True))) == {"blind"}


def test_a_batch_that_never_ends_leaves_it_blind_and_silence_does_not() -> None:
    busy = replace(WELL, is_busy=True)
    assert ill(vitals(busy, LETTERS, after=9.9 * MINUTE)) == {}
    assert (
        "since 2026-11-23 12:00 UTC"
        in ill(vitals(busy, LETTERS, after=10 * MINUTE))["blind"].message
    )
    assert ill(vitals(WELL, LETTERS, after=10 * MINUTE)) == {}
    new = QueryVitals("profiles", is_busy=True)
    assert set(ill(vitals(new, after=-50.1 * MINUTE))) == set()
    assert set(ill(vitals(new, after=-50 * MINUTE))) == {"blind"}


def test_a_day_without_events_is_told_of_all_or_of_one_model() -> None:
    day = timedelta(days=1)
    assert set(ill(vitals(after=day))) == {"silent"}
    assert ill(vitals(after=day), limits=HealthLimits(silent_after=None)) == {}
    traffic = {"a": Traffic(NOON - day, 5, 5), "b": Traffic(NOON, 5, 5)}
    found = ill(vitals(traffic=traffic))
    assert {name: each.message for name, each in found.items()} == {
        "silent a": "no events of the model a have come since 2026-11-22 12:00 UTC"
    }


@pytest.mark.parametrize(
    ("dead", "late", "events", "found"),
    [
        (10, 0, 1000, set()),
        (11, 0, 1000, {"dead_letters"}),
        (0, 11, 1000, {"late"}),
        (50, 50, 99, set()),  # too few to say
    ],
)
def test_shares_are_those_of_the_last_hour(
    dead: int, late: int, events: int, found: set[str]
) -> None:
    before = vitals(
        replace(WELL, events=500, late=400), replace(LETTERS, events=500), dead_letters={"A": 300}
    )
    now = vitals(
        replace(WELL, events=500 + events, late=400 + late),
        replace(LETTERS, events=500 + events),
        dead_letters={"A": 300, "B": dead},
    )
    symptoms = ill(now, before)
    assert set(symptoms) == found
    if "dead_letters" in symptoms:
        assert symptoms["dead_letters"].message == (
            "11 of the last 1,000 events could not be decoded, most often for B: see the table dead_letters"
        )


def test_a_sink_that_fails_for_long_is_told() -> None:
    parts = {"waiting": {"pager": 3, "log": 0}, "failing_since": {"pager": NOON}}
    assert ill(vitals(**parts, after=9 * MINUTE)) == {}
    found = ill(vitals(**parts, after=10 * MINUTE))
    assert found["undelivered pager"].message == (
        "the sink pager has taken no alerts since 2026-11-23 12:00 UTC; 3 wait"
    )


def test_a_batch_is_read_as_spark_tells_of_it() -> None:
    progress = {
        "batchId": 4,
        "timestamp": "2026-11-23T12:00:00.000Z",
        "batchDuration": 1500,
        "eventTime": {"max": "2026-11-23T11:59:00.000Z", "watermark": "2026-11-23T11:00:00.000Z"},
        "sources": [
            {
                "description": "KafkaV2[Subscribe[log]]",
                "numInputRows": 70,
                "metrics": {"maxOffsetsBehindLatest": "12", "minOffsetsBehindLatest": "0"},
            },
            {"description": "FileStreamSource[file:/c/heartbeats/profiles]", "numInputRows": 1},
        ],
        "stateOperators": [
            {
                "operatorName": "dedupeWithinWatermark",
                "numRowsTotal": 60,
                "memoryUsedBytes": 1000,
                "numRowsDroppedByWatermark": 3,
                "customMetrics": {"numDroppedDuplicateRows": 2},
            },
            {
                "operatorName": "stateStoreSave",
                "numRowsTotal": 5,
                "memoryUsedBytes": 500,
                "numRowsDroppedByWatermark": 9,
                "customMetrics": {},
            },
        ],
    }
    after = QueryVitals("profiles", events=30, late=1).after(progress)
    assert (after.events, after.late, after.duplicates, after.behind) == (100, 4, 2, 12)
    assert (after.state_rows, after.state_bytes, after.batches) == (65, 1500, 1)
    assert after.last_batch_time == after.last_events_time == NOON + timedelta(seconds=1.5)
    assert after.newest_event_time == NOON - MINUTE
    quiet = after.after({**progress, "batchId": 5, "sources": progress["sources"][1:]})  # type: ignore[index]
    assert (quiet.events, quiet.last_events_time, quiet.behind) == (100, after.last_events_time, 12)


def test_traffic_adds_up() -> None:
    tally = Tally()
    tally.count_traffic({"a": Traffic(NOON, 10, 8)})
    tally.count_traffic({"a": Traffic(NOON - MINUTE, 5, 5), "b": Traffic(NOON, 7, 0)})
    assert tally.traffic["a"] == Traffic(NOON, 15, 13)
    assert (tally.traffic["a"].unpaired, tally.traffic["b"].unpaired) == (2, 0)

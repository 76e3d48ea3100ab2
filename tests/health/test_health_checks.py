"""Health checks: which fail, by a monitor's status."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sparkmon.alerts.health import HealthCheck
from sparkmon.errors import OptionError
from sparkmon.health import Counters, Counts, HealthLimits, MonitorStatus, Traffic, Unanswered
from sparkmon.health.health_checks import check_health
from sparkmon.health.status import QueryStatus

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
LIMITS = HealthLimits()
WELL = QueryStatus(batches=3, last_batch_time=NOON, last_events_time=NOON, events=1000)


def status(query: QueryStatus = WELL, *, after: timedelta = timedelta(), **parts: object) -> MonitorStatus:
    whole = MonitorStatus(NOON + after, NOON - 60 * MINUTE, query=query)
    return replace(whole, **parts)  # type: ignore[arg-type]


START = status(QueryStatus(), after=-60 * MINUTE)


def failing(now: MonitorStatus, before: MonitorStatus = START, limits: HealthLimits = LIMITS) -> dict[str, HealthCheck]:
    return {each.name: each for each in check_health(now, before, limits) if each.failing}


def test_no_check_of_a_working_monitor_fails() -> None:
    assert failing(status()) == {}
    assert {each.name for each in check_health(status(), START, LIMITS)} == {
        *("stalled", "silent", "dead_letters", "late", "pooled", "namespaces", "skipped")
    }


def test_models_of_one_name_in_several_namespaces_are_reported() -> None:
    counters = Counters()
    for model, name in [("shop", "prod"), ("bank", "prod"), ("shop", "prod")]:
        counters.add(Counts(namespaces={model: frozenset({name})}))
    assert failing(status(counts=counters.counts)) == {}
    counters.add(Counts(namespaces={"shop": frozenset({"staging"})}))
    check = failing(status(counts=counters.counts))["namespaces"]
    assert (check.severity, check.value) == ("warning", 1)
    assert check.message == (
        "the events of shop come from 2 namespaces (prod, staging), and are judged as one model: set namespaces to "
        "those to watch"
    )


def test_a_monitor_whose_query_has_stopped_has_stalled() -> None:
    stopped = replace(WELL, is_active=False)
    assert failing(status(stopped))["stalled"].message == ("the monitor has stalled: its query has stopped")
    failed = replace(WELL, is_active=False, error="disk full")
    stalled = failing(status(failed))["stalled"]
    assert stalled.message == "the monitor has stalled: its query has stopped: disk full"
    assert stalled.severity == "critical"
    # A run over what is there ends by itself; but not by an error.
    assert failing(status(stopped, may_end=True)) == {}
    assert set(failing(status(failed, may_end=True))) == {"stalled"}


def test_a_batch_that_never_ends_stalls_it_and_an_idle_stream_does_not() -> None:
    busy = replace(WELL, is_busy=True)
    assert failing(status(busy, no_batch_s=599.0)) == {}
    assert "since 2026-11-23 11:50 UTC" in failing(status(busy, no_batch_s=600.0))["stalled"].message
    assert failing(status(WELL, no_batch_s=600.0)) == {}
    # It counts from the start, and not by the clock, which may be set.
    assert failing(status(QueryStatus(is_busy=True), after=600 * MINUTE)) == {}


def test_a_day_without_events_fails_for_all_or_for_one_model() -> None:
    day = timedelta(days=1)
    assert set(failing(status(after=day))) == {"silent"}
    assert failing(status(after=day), limits=HealthLimits(silent_after=None)) == {}
    found = failing(status(counts=Counts(last_ends={"a": NOON - day, "b": NOON})))
    assert {name: each.message for name, each in found.items()} == {
        "silent a": "no events of the model a have come since 2026-11-22 12:00 UTC"
    }


def test_a_model_without_responses_is_reported() -> None:
    requests = {"shop": 1200, "bank": 99, "taxi": 0}
    counts = Counts(unanswered={model: Unanswered(NOON, count) for model, count in requests.items()})
    (check,) = failing(status(counts=counts)).values()
    assert (check.name, check.severity, check.value, check.threshold) == ("unanswered shop", "warning", 1200, 100)
    assert check.message == (
        "the model shop has had 1,200 requests and no response that could be read since 2026-11-23 12:00 UTC: see the "
        "table dead_letters, and whether its responses are logged"
    )
    assert failing(status(counts=counts), limits=HealthLimits(unanswered_requests=None)) == {}
    assert failing(status(counts=counts), limits=HealthLimits(unanswered_requests=99)).keys() == {
        *("unanswered shop", "unanswered bank")
    }
    with pytest.raises(OptionError, match="got unanswered_requests=0; expected 1 or more"):
        HealthLimits(unanswered_requests=0)


@pytest.mark.parametrize(
    ("dead", "late", "events", "found"),
    [
        (10, 0, 1000, set()),
        (11, 0, 1000, {"dead_letters"}),
        (0, 11, 1000, {"late"}),
        (50, 50, 99, set()),  # too few to say
    ],
)
def test_shares_are_those_of_the_last_hour(dead: int, late: int, events: int, found: set[str]) -> None:
    before = status(replace(WELL, events=500), counts=Counts(rows=700, late_rows=400, dead_letters={"A": 300}))
    now = status(
        replace(WELL, events=500 + events),
        counts=Counts(rows=700 + events, late_rows=400 + late, dead_letters={"A": 300, "B": dead}),
    )
    checks = failing(now, before)
    assert set(checks) == found
    if "dead_letters" in checks:
        assert checks["dead_letters"].message == (
            "11 of the last 1,000 events could not be decoded, most often for B: see the table dead_letters"
        )


def test_values_of_invented_columns_or_models_are_reported() -> None:
    (check,) = failing(status(counts=Counts(pooled_values=1500)), status(counts=Counts(pooled_values=300))).values()
    assert (check.name, check.value) == ("pooled", 1200)
    assert check.message.startswith("1,200 values were pooled as (other), because there are too")


def test_rows_of_another_monitors_models_are_reported() -> None:
    holders = {"shop": "/left", "bank": "/right"}
    now, before = (Counts(skipped_rows=rows, holders=holders) for rows in ({"shop": 9, "bank": 3}, {"shop": 2}))
    (check,) = failing(status(counts=now), status(counts=before)).values()
    assert (check.name, check.value, check.severity) == ("skipped", 10, "warning")
    assert check.message.startswith("10 rows were skipped, because another monitor has")
    assert "most of shop, which the one with the checkpoint /left has" in check.message


def test_a_sink_that_fails_for_long() -> None:
    parts: dict[str, Any] = {"waiting": {"pager": 3, "log": 0}}
    assert failing(status(**parts, blocked_s={"pager": 599.0, "log": 0.0})) == {}
    found = failing(status(**parts, blocked_s={"pager": 600.0, "log": 0.0}, after=10 * MINUTE))
    assert found["undelivered pager"].message == (
        "the sink pager has accepted no notification since 2026-11-23 12:00 UTC; 3 wait"
    )


def test_a_batch_is_read_from_sparks_progress() -> None:
    progress = {
        "batchId": 4,
        "timestamp": "2026-11-23T12:00:00.000Z",
        "batchDuration": 1500,
        "sources": [
            {
                "description": "KafkaV2[Subscribe[log]]",
                "numInputRows": 70,
                "metrics": {"maxOffsetsBehindLatest": "12", "minOffsetsBehindLatest": "0"},
            }
        ],
    }
    after = QueryStatus(events=30).after(progress)
    assert (after.events, after.batches, after.behind) == (100, 1, 12)
    assert after.last_batch_time == after.last_events_time == NOON + timedelta(seconds=1.5)
    quiet = after.after({**progress, "batchId": 5, "sources": []})
    assert (quiet.events, quiet.last_events_time, quiet.behind) == (100, after.last_events_time, 12)


def test_traffic_adds_up() -> None:
    counters = Counters()
    counters.add(Counts(traffic={"a": Traffic(NOON, 10, 8)}))
    counters.add(Counts(traffic={"a": Traffic(NOON - MINUTE, 5, 5), "b": Traffic(NOON, 7, 0)}))
    traffic = counters.counts.traffic
    assert traffic["a"] == Traffic(NOON, 15, 13)
    assert (traffic["a"].unpaired, traffic["b"].unpaired) == (2, 0)

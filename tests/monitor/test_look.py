"""What a query's progress says: whether events came, whether more wait, and where its watermark is."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from sparkmon.monitor.heartbeats import Heartbeats
from sparkmon.monitor.silence import Clock

SECOND = timedelta(seconds=1)
NOON = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
NOWHERE: Any = None
BEATS = Heartbeats(NOWHERE, "s3://bucket/checkpoints/profiles", Clock(SECOND, SECOND, 4 * SECOND))
OWN = "FileStreamSource[s3://bucket/checkpoints/heartbeats/profiles]"


def batch(number: int, events: int = 0, beats: int = 0, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    kafka = {"description": "KafkaV2[Subscribe[log]]", "numInputRows": events}
    kafka |= {"endOffset": {"log": {"0": 9}}, "latestOffset": {"log": {"0": 9}}}
    own = {"description": OWN, "numInputRows": beats, "endOffset": 1, "latestOffset": None}
    said = {
        "batchId": number,
        "eventTime": {"watermark": "2026-01-05T12:00:00.000Z"},
        "sources": [kafka | more.pop("kafka", {}), own],
        "stateOperators": [
            {"operatorName": "stateStoreSave", "numRowsTotal": 5},
            {"operatorName": "dedupeWithinWatermark", "numRowsTotal": 70},
        ],
    }
    return said | more


def query(*batches: dict[str, Any], busy: bool = False) -> Any:  # noqa: ANN401
    told = [SimpleNamespace(json=json.dumps(each)) for each in batches]
    last = told[-1] if told else None
    return SimpleNamespace(status={"isDataAvailable": busy}, lastProgress=last, recentProgress=told)


def newest(time: str) -> dict[str, Any]:
    return {"eventTime": {"watermark": "2026-01-05T12:00:00.000Z", "max": time}}


def test_a_query_at_rest() -> None:
    number, look = BEATS.look(query(batch(3)), 3)
    assert (number, look.had_events, look.is_busy) == (3, False, False)
    assert (look.watermark, look.open_groups) == (NOON, 5)


def test_a_query_that_has_told_nothing_yet() -> None:
    number, look = BEATS.look(query(), -1)
    assert (number, look.watermark, look.open_groups) == (-1, None, 0)


@pytest.mark.parametrize("after", [1, 2])
def test_events_of_any_batch_since_the_last_look_count(after: int) -> None:
    earlier = batch(2, events=8, **newest("2026-01-05T12:00:03.000Z"))
    _, look = BEATS.look(query(batch(1), earlier, batch(3)), after)
    assert look.had_events == (after == 1)


def test_heartbeats_and_events_that_are_not_watched_are_no_events() -> None:
    beat = batch(4, beats=1, **newest("2026-01-05T12:00:04.000Z"))
    assert not BEATS.look(query(beat), 3)[1].had_events
    assert not BEATS.look(query(batch(4, events=8)), 3)[1].had_events


def test_a_watermark_that_still_has_to_close_windows_is_work_to_be_done() -> None:
    _, look = BEATS.look(query(batch(4, events=8, **newest("2026-01-05T12:00:05.500Z"))), 3)
    assert look.is_busy
    assert look.watermark == NOON + 1.5 * SECOND


def test_what_kafka_has_and_what_waits_is_work_to_be_done() -> None:
    behind = {"latestOffset": {"log": {"0": 10}}}
    assert BEATS.look(query(batch(4, kafka=behind)), 4)[1].is_busy
    assert BEATS.look(query(batch(4), busy=True), 4)[1].is_busy

"""A query's progress: whether events came, whether more wait, and where its watermark is."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from sparkmon.monitor.heartbeats import Heartbeats
from sparkmon.monitor.idle_tracker import Clock

SECOND = timedelta(seconds=1)
NOON = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
NOWHERE: Any = None
HEARTBEATS = Heartbeats(
    NOWHERE, "s3://bucket/checkpoints/profiles", Clock(SECOND, SECOND, 4 * SECOND)
)
OWN = "FileStreamSource[s3://bucket/checkpoints/heartbeats/profiles]"


def batch(number: int, events: int = 0, heartbeats: int = 0, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    kafka = {"description": "KafkaV2[Subscribe[log]]", "numInputRows": events}
    kafka |= {"endOffset": {"log": {"0": 9}}, "latestOffset": {"log": {"0": 9}}}
    own = {"description": OWN, "numInputRows": heartbeats, "endOffset": 1, "latestOffset": None}
    progress = {
        "batchId": number,
        "eventTime": {"watermark": "2026-01-05T12:00:00.000Z"},
        "sources": [kafka | more.pop("kafka", {}), own],
        "stateOperators": [
            {"operatorName": "stateStoreSave", "numRowsTotal": 5},
            {"operatorName": "dedupeWithinWatermark", "numRowsTotal": 70},
        ],
    }
    return progress | more


def query(*batches: dict[str, Any], busy: bool = False) -> Any:  # noqa: ANN401
    recent = [SimpleNamespace(json=json.dumps(each)) for each in batches]
    last = recent[-1] if recent else None
    return SimpleNamespace(
        status={"isDataAvailable": busy}, lastProgress=last, recentProgress=recent
    )


def newest(time: str) -> dict[str, Any]:
    return {"eventTime": {"watermark": "2026-01-05T12:00:00.000Z", "max": time}}


def test_an_idle_query() -> None:
    number, progress = HEARTBEATS.progress(query(batch(3)), 3)
    assert (number, progress.had_events, progress.is_busy) == (3, False, False)
    assert (progress.watermark, progress.open_groups) == (NOON, 5)


def test_a_query_without_progress() -> None:
    number, progress = HEARTBEATS.progress(query(), -1)
    assert (number, progress.watermark, progress.open_groups) == (-1, None, 0)


@pytest.mark.parametrize("after", [1, 2])
def test_events_of_any_batch_since_the_progress_before_count(after: int) -> None:
    earlier = batch(2, events=8, **newest("2026-01-05T12:00:03.000Z"))
    _, progress = HEARTBEATS.progress(query(batch(1), earlier, batch(3)), after)
    assert progress.had_events == (after == 1)


def test_heartbeats_and_events_of_other_components_are_no_events() -> None:
    heartbeat = batch(4, heartbeats=1, **newest("2026-01-05T12:00:04.000Z"))
    assert not HEARTBEATS.progress(query(heartbeat), 3)[1].had_events
    assert not HEARTBEATS.progress(query(batch(4, events=8)), 3)[1].had_events


def test_a_watermark_that_still_has_to_close_windows_is_work_to_be_done() -> None:
    _, progress = HEARTBEATS.progress(
        query(batch(4, events=8, **newest("2026-01-05T12:00:05.500Z"))), 3
    )
    assert progress.is_busy
    assert progress.watermark == NOON + 1.5 * SECOND


def test_what_kafka_has_and_what_waits_is_work_to_be_done() -> None:
    behind = {"latestOffset": {"log": {"0": 10}}}
    assert HEARTBEATS.progress(query(batch(4, kafka=behind)), 4)[1].is_busy
    assert HEARTBEATS.progress(query(batch(4), busy=True), 4)[1].is_busy

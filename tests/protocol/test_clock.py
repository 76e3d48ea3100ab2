"""An event from the future is set aside at the time at which it came, by whichever way it came."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from sparkmon.protocol import from_http, from_kafka, from_structured
from sparkmon.protocol.limits import Limits
from sparkmon.records import Event

NOON = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)


def attributes(ahead_s: float) -> dict[str, str]:
    return {
        "specversion": "1.0",
        "id": "1",
        "type": "org.kubeflow.serving.inference.request",
        "source": "pod",
        "time": (NOON + timedelta(seconds=ahead_s)).isoformat(),
    }


def by_http(ahead_s: float, limits: Limits) -> Event:
    headers = {f"ce-{name}": value for name, value in attributes(ahead_s).items()}
    return from_http(headers, b"{}", received_time=NOON, limits=limits)


def by_kafka(ahead_s: float, limits: Limits) -> Event:
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes(ahead_s).items()]
    return from_kafka(headers, b"{}", received_time=NOON, limits=limits)


def structured(ahead_s: float, limits: Limits) -> Event:
    body = json.dumps({**attributes(ahead_s), "data": {}}).encode()
    return from_structured(body, received_time=NOON, limits=limits)


@pytest.mark.parametrize("read", [by_http, by_kafka, structured])
def test_a_time_after_the_events_receipt_is_believed_up_to_a_limit(read: Callable[[float, Limits], Event]) -> None:
    for ahead_s, limit_s in [(-86400.0, 300.0), (300.0, 300.0), (0.5, 0.5)]:
        event = read(ahead_s, Limits(ahead_s=limit_s))
        assert event.dead_letter is None
        assert event.event_time == NOON + timedelta(seconds=ahead_s)
    event = read(300.001, Limits())
    assert event.event_time == NOON
    assert event.dead_letter is not None
    assert event.dead_letter.condition == "TIME_AHEAD"
    assert event.dead_letter.reason == (
        "got the time 2026-01-05T12:05:00.001000+00:00, 300 s after the event was received; "
        "300 s are allowed: set the sender's clock"
    )


def test_an_event_that_is_broken_keeps_its_reason_and_loses_its_time() -> None:
    headers = {f"ce-{name}": value for name, value in attributes(7200).items() if name != "id"}
    event = from_http(headers, b"{}", received_time=NOON)
    assert event.event_time == NOON
    assert event.dead_letter is not None
    assert event.dead_letter.condition == "EVENT_FIELD_MISSING"

"""A notification as JSON: versioned, in UTC, always valid."""

import json
from dataclasses import fields
from datetime import datetime, timedelta, timezone

from sparkmon.sinks import Alert
from sparkmon.sinks.notification import notification_json, rfc3339
from tests.support.notifications import HOSTILE, NOON, alert, notification


def test_a_notification_has_its_fields_and_those_of_its_alerts() -> None:
    found = json.loads(notification_json(notification()))
    assert found["schema"] == "sparkmon.notification/1"
    assert (found["notification_id"], found["state"], found["severity"]) == ("n1", "firing", "warning")
    assert (found["window_start"], found["count"]) == ("2026-01-05T11:00:00Z", 1)
    (told,) = found["alerts"]
    assert set(told) == {field.name for field in fields(Alert)}
    assert (told["value"], told["fired_time"]) == (0.61, "2026-01-05T12:00:00Z")


def test_times_are_utc_whatever_their_zone() -> None:
    assert rfc3339(NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))) == "2026-01-05T12:00:00Z"
    assert rfc3339(datetime(2026, 1, 5, 12, 0, 0, 250_000)) == "2026-01-05T12:00:00.250000Z"


def test_what_json_has_no_word_for_is_null() -> None:
    values = (float("nan"), float("inf"), float("-inf"), None)
    told = notification(*(alert(value=value) for value in values))
    found = json.loads(notification_json(told), parse_constant=lambda name: f"not JSON: {name}")
    assert [each["value"] for each in found["alerts"]] == [None] * 4


def test_hostile_names_come_back_as_they_are() -> None:
    found = json.loads(notification_json(notification(alert(column_name=HOSTILE))))
    assert found["alerts"][0]["column_name"] == HOSTILE
    found = json.loads(notification_json(notification(alert(column_name="half \ud800"))))
    assert found["alerts"][0]["column_name"] == "half \\ud800"


def test_the_size_is_bounded_and_the_count_says_how_many_there_are() -> None:
    told = notification(*(alert(message="x" * 10_000, alert_id=f"a{n}") for n in range(1000)))
    written = notification_json(told)
    assert 880_000 < len(written) <= 900_001
    found = json.loads(written)
    assert (found["count"], found["alerts"][0]["alert_id"]) == (1000, "a0")
    assert 80 < len(found["alerts"]) < 90

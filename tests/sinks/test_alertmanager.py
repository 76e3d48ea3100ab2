"""A real Alertmanager: what is active in it, and what is not any more."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import httpx
import pytest

from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.sinks import Alert, AlertmanagerSink
from tests.support.notifications import HOSTILE, alert, notification
from tests.support.sink import sink

Found = list[dict[str, Any]]


def active(url: str, model: str) -> Found:
    """Return the alerts of a model that are active."""
    wanted = {"filter": f"model={json.dumps(model)}", "active": "true"}
    answer = httpx.get(f"{url}/api/v2/alerts", params=wanted, trust_env=False)
    found: Found = answer.raise_for_status().json()
    return found


def soon(url: str, model: str, holds: Callable[[Found], bool]) -> Found:
    """Wait until the active alerts are so: what ends now is active until the clock has moved on."""
    end = time.monotonic() + 60
    while not holds(found := active(url, model)) and time.monotonic() < end:
        time.sleep(0.02)
    assert holds(found), found
    return found


def severities(found: Found) -> list[str]:
    return sorted(each["labels"]["severity"] for each in found)


def some(**changes: object) -> Alert:
    """Make an alert of a window that has just closed, of a model that no other test has."""
    end = datetime.now(timezone.utc) - timedelta(minutes=5)
    times = {"window_start": end - timedelta(hours=1), "window_end": end, "fired_time": end}
    return alert(**(times | {"model": uuid4().hex} | changes))


def again(told: Alert, **changes: object) -> Alert:
    """Tell of the same trouble in the next window."""
    from dataclasses import replace

    return replace(told, **changes)  # type: ignore[arg-type]  # the caller names fields


def test_an_alert_is_active_and_then_resolved(alertmanager: str) -> None:
    fired = some(url="https://monitor.example.com/incident?id=i1")
    manager = AlertmanagerSink(alertmanager)
    manager.deliver(notification(fired))
    (found,) = active(alertmanager, fired.model)
    assert found["generatorURL"] == fired.url
    assert found["labels"] == {
        "alertname": "SparkmonDrift",
        "model": fired.model,
        "model_version": "2",
        "column": "temp",
        "column_kind": "feature",
        "drift_type": "BASELINE",
        "reference": "training",
        "window": "3600",
        "severity": "warning",
    }
    assert found["annotations"]["value"] == "0.61"
    assert found["annotations"]["threshold"] == "0.25"
    assert found["annotations"]["summary"] == fired.message
    assert fired.window_end is not None
    assert abs(datetime.fromisoformat(found["startsAt"][:19] + "+00:00") - fired.window_end) < timedelta(seconds=1)
    left = datetime.fromisoformat(found["endsAt"][:19] + "+00:00") - datetime.now(timezone.utc)
    assert timedelta(hours=25) < left < timedelta(hours=27)
    # Another statistic, value and window: the same trouble.
    manager.deliver(notification(again(fired, state="resolved", statistic="ks", value=0.01)))
    soon(alertmanager, fired.model, lambda found: found == [])


def test_a_repeated_alert_stays_one(alertmanager: str) -> None:
    fired = some()
    manager = AlertmanagerSink(alertmanager)
    manager.deliver(notification(fired))
    manager.deliver(notification(again(fired, is_repeat=True, statistic="ks", value=0.9)))
    (found,) = active(alertmanager, fired.model)
    assert (found["annotations"]["value"], found["annotations"]["state"]) == ("0.9", "firing")


def test_an_escalation_replaces_the_alert_of_the_lower_severity(alertmanager: str) -> None:
    fired = some()
    manager = AlertmanagerSink(alertmanager)
    manager.deliver(notification(fired))
    manager.deliver(notification(again(fired, is_repeat=True, severity="critical")))
    soon(alertmanager, fired.model, lambda found: severities(found) == ["critical"])
    # A resolved alert need not have the severity that was notified.
    manager.deliver(notification(again(fired, state="resolved", severity="info")))
    soon(alertmanager, fired.model, lambda found: found == [])


@pytest.mark.parametrize(("state", "left"), [("firing", ["critical"]), ("resolved", [])])
def test_after_a_restart_nothing_stays_open(alertmanager: str, state: str, left: list[str]) -> None:
    fired = some()
    AlertmanagerSink(alertmanager).deliver(notification(fired))
    AlertmanagerSink(alertmanager).deliver(
        notification(again(fired, state=state, is_repeat=state == "firing", severity="critical"))
    )
    soon(alertmanager, fired.model, lambda found: severities(found) == left)


def test_a_provisional_alert_ends_by_itself_or_becomes_the_one_that_is_fired(alertmanager: str) -> None:
    now = datetime.now(timezone.utc)
    early = some(state="provisional", window_start=now - timedelta(hours=1), window_end=now + timedelta(hours=1))
    manager = AlertmanagerSink(alertmanager)
    manager.deliver(notification(early))
    (found,) = active(alertmanager, early.model)
    ends = datetime.fromisoformat(found["endsAt"][:19] + "+00:00")
    assert abs(ends - (now + timedelta(hours=3))) < timedelta(seconds=2)
    manager.deliver(notification(again(early, state="firing", severity="critical")))
    (found,) = soon(alertmanager, early.model, lambda found: severities(found) == ["critical"])
    assert found["annotations"]["state"] == "firing"


def test_the_name_of_an_alert_is_its_kind_of_drift(alertmanager: str) -> None:
    told = some()
    kinds = ("BASELINE", "CONSECUTIVE", "TRAILING", "SEASONAL", "LIMIT")
    AlertmanagerSink(alertmanager).deliver(
        notification(*(again(told, drift_type=kind, incident_id=kind) for kind in kinds))
    )
    names = {each["labels"]["drift_type"]: each["labels"]["alertname"] for each in active(alertmanager, told.model)}
    assert names == {
        "BASELINE": "SparkmonDrift",
        "CONSECUTIVE": "SparkmonChange",
        "TRAILING": "SparkmonChange",
        "SEASONAL": "SparkmonChange",
        "LIMIT": "SparkmonOverLimit",
    }


def test_a_thousand_alerts_are_sent_by_500_and_slices_stay_distinct(alertmanager: str) -> None:
    told = some(slice_key="origin")
    many = [again(told, slice_value=f"s{n}", incident_id=f"i{n}") for n in range(1000)]
    AlertmanagerSink(alertmanager).deliver(notification(*many))
    found = active(alertmanager, told.model)
    assert len({each["labels"]["slice"] for each in found}) == 1000
    assert found[0]["labels"]["slice"].startswith("origin = s")


def test_hostile_and_endless_names_are_accepted_and_stay_distinct(alertmanager: str) -> None:
    told = some(message=HOSTILE * 500, value=float("nan"), threshold=None)
    names = [HOSTILE, "x" * 100_000, "x" * 100_000 + "y", "half \ud800", "\U0001f600" * 1000]
    AlertmanagerSink(alertmanager).deliver(
        notification(*(again(told, column_name=name, incident_id=name) for name in names))
    )
    columns = {each["labels"]["column"] for each in active(alertmanager, told.model)}
    assert len(columns) == 5
    assert all(len(column) <= 250 and column.isprintable() for column in columns)


def test_what_is_refused_of_some_does_not_keep_the_others_back() -> None:
    many = notification(*(some(incident_id=f"i{n}") for n in range(1000)))
    with sink() as server:
        server.answers = [(400, {}), (200, {})]
        with pytest.raises(AlertDeliveryError, match="it answered 400") as caught:
            AlertmanagerSink(server.url + "prefix/").deliver(many)
    assert caught.value.permanent
    assert [each.path for each in server.posted] == ["/prefix/api/v2/alerts"] * 2
    assert [len(json.loads(each.body)) for each in server.posted] == [500, 500]


def test_a_window_ahead_of_the_clock_starts_now() -> None:
    ahead = some(window_end=datetime.now(timezone.utc) + timedelta(days=3), state="resolved")
    with sink() as server:
        AlertmanagerSink(server.url).deliver(notification(ahead))
    for each in json.loads(server.posted[0].body):
        assert each["startsAt"] <= each["endsAt"]


def test_more_than_it_is_given_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with sink() as server:
        AlertmanagerSink(server.url).deliver(notification(some(), count=3))
    assert "alertmanager gets 1 of 3 alerts" in caplog.text


def test_keeping_an_alert_for_no_time_is_refused() -> None:
    with pytest.raises(OptionError, match="expected an interval above 0"):
        AlertmanagerSink("http://alertmanager:9093", resolve_timeout=timedelta())

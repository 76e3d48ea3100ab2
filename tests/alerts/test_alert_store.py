"""The record of alerts, in tables with years of rows."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.alerts import AlertStore
from sparkmon.alerts.incident import Incident, Notified
from sparkmon.alerts.schema import ALERTS, INCIDENT
from sparkmon.tables import Tables
from tests.support.findings import FINDING, HOUR, NOON

OPEN = Incident(is_open=True, notified=(Notified("ledger", "warning", NOON),), statistics=("ks",))


@pytest.fixture
def store(tmp_path: Path) -> AlertStore:
    return AlertStore(Tables(str(tmp_path)).open())


def row(at: int, incident_id: str = "i", incident: Incident = OPEN, **changes: object) -> dict[str, Any]:
    end = NOON + (at + 1) * HOUR
    decision = {
        "alert_id": f"{incident_id} {at}",
        "incident_id": incident_id,
        "window_start": end - HOUR,
        "window_end": end,
        "severity": "warning",
        "statistics": ["ks"],
        "message": "",
        "state": "firing",
        "is_repeat": False,
        "sinks": [],
        "limited_sinks": [],
        "incident": asdict(replace(incident, last_end=end)),
        "fired_time": end,
        "query_id": "q",
    }
    return dict.fromkeys(ALERTS.names) | FINDING | decision | changes


def sent(at: int, notification_id: str, *sinks: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return row(at, notification_id=notification_id, sinks=[*sinks], **changes)


def attempt(notification_id: str, sink: str, number: int, status: str) -> dict[str, Any]:
    return {
        "notification_id": notification_id,
        "sink": sink,
        "attempt": number,
        "status": status,
        "error": None,
        "time": NOON + number * HOUR,
        "retry_time": None,
    }


def test_empty_tables_have_nothing(store: AlertStore) -> None:
    assert store.alerts() == []
    assert store.deliveries() == []
    assert store.undelivered() == []
    assert store.sent_since(NOON, ["q"]) == []
    assert store.incidents() == {}
    assert store.last_rows({"i": replace(OPEN, last_end=NOON)}) == {}
    assert store.provisional("taxi") == {}
    assert store.notification_ids() == set()


def test_an_incident_is_as_its_last_closed_window_left_it(store: AlertStore) -> None:
    store.write_alerts([row(2, state="recovering"), row(0), row(9, "health", window_end=NOON)])
    store.write_alerts([row(5, state="provisional", incident=Incident()), row(1)])
    store.write_alerts([row(3, "closed", Incident(), state="resolved")])
    incidents = store.incidents()
    assert {each: incident.is_open for each, incident in incidents.items()} == {
        **{"i": True, "health": True, "closed": False}
    }
    assert incidents["i"] == replace(OPEN, last_end=NOON + 3 * HOUR)
    unsettled = {each: incidents[each] for each in ("i", "closed")}
    rows = store.last_rows(unsettled)
    assert {each: last["state"] for each, last in rows.items()} == {**{"i": "recovering", "closed": "resolved"}}
    assert rows["i"].keys() == {*ALERTS.names}
    assert store.provisional("taxi") == {"i 5": NOON + 6 * HOUR}
    assert store.provisional("van") == {}


def test_notifications_are_counted_since_a_time(store: AlertStore) -> None:
    store.write_alerts([sent(0, "a", "pager"), sent(1, "b", "pager", "log"), row(2)])
    store.write_alerts([sent(3, "c", "log"), sent(3, "c", "log", incident_id="j")])
    store.write_alerts([sent(3, "d", "log", drift_type="HEALTH"), sent(3, "e", query_id="other")])
    store.write_alerts([sent(3, "c", "log", incident_id="k", severity="critical")])
    assert sorted(store.sent_since(NOON + 2 * HOUR, ["q"])) == [
        (NOON + 2 * HOUR, False, ["pager", "log"]),
        (NOON + 4 * HOUR, True, ["log"]),
    ]
    assert store.notification_ids() == {*"abcde"}


def test_what_is_undelivered_depends_on_the_last_attempt(store: AlertStore) -> None:
    store.write_alerts([sent(0, "a", "pager", "log"), sent(0, "a", "pager", "log", alert_id="2")])
    store.write_alerts([sent(1, "b", "pager", query_id="other"), sent(2, "c", "pager"), row(3)])
    store.write_deliveries([attempt("a", "pager", 1, "failed"), attempt("b", "pager", 2, "dead")])
    store.write_deliveries([attempt("a", "pager", 2, "failed"), attempt("b", "pager", 1, "failed")])
    store.write_deliveries([attempt("a", "log", 2, "delivered"), attempt("a", "log", 1, "failed")])

    def undelivered(**which: Any) -> list[tuple[str, str, int]]:  # noqa: ANN401
        return sorted((row["alert_id"], sink, attempts) for row, sink, attempts in store.undelivered(**which))

    assert undelivered() == [("2", "pager", 2), ("i 0", "pager", 2), ("i 2", "pager", 0)]
    assert undelivered(query_ids=["q"]) == undelivered()
    assert undelivered(query_ids=["other"]) == undelivered(query_ids=[]) == []
    assert undelivered(dead=True) == [("i 1", "pager", 2)]
    assert undelivered(dead=True, query_ids=["q"]) == []


def test_a_sink_that_asked_for_a_pause_has_it_over_a_restart(store: AlertStore) -> None:
    def failed(sink: str, at: datetime, pause: timedelta) -> dict[str, Any]:
        return attempt("a", sink, 1, "failed") | {"time": at, "retry_time": at + pause}

    day = timedelta(days=1)
    store.write_deliveries(
        [failed("pager", NOON, day), failed("pager", NOON - HOUR, day), attempt("b", "log", 1, "dead")]
    )
    store.write_deliveries([failed("log", NOON, timedelta(minutes=5)), failed("mail", NOON - 2 * day, day)])
    assert store.pauses(NOON + HOUR) == {"pager": 23 * HOUR}


def test_actions_of_another_process_are_read(store: AlertStore, tmp_path: Path) -> None:
    what = {"action": "ack", "by": "ada", "comment": "", "start_time": NOON}
    for number in range(3):
        assert len(store.actions()[1]) == number
        other = AlertStore(Tables(str(tmp_path)).open())
        other.write_action(action_id=str(number), incident_id=f"incident {number}", **what)
    assert len(store.actions()[1]) == 3


@pytest.mark.slow
def test_the_last_rows_of_two_hundred_thousand_are_those_that_a_loop_finds(store: AlertStore) -> None:
    count, random = 200_000, np.random.default_rng(5)
    numbers, minutes = random.integers(0, 50, count).tolist(), random.permutation(count)
    rows = pa.Table.from_pylist([row(0)], schema=ALERTS).take(np.zeros(count, np.int64))
    ends = np.datetime64(NOON.replace(tzinfo=None), "us") + minutes * np.timedelta64(1, "m")
    states = [each.combine_chunks() for each in rows["incident"].flatten()]
    states[INCIDENT.get_field_index("ok_windows")] = pa.array(minutes)
    changes = {
        "incident_id": pa.array([f"incident {number}" for number in numbers]),
        "window_end": pa.array(ends).cast(ALERTS.field("window_end").type),
        "incident": pa.StructArray.from_arrays(states, fields=[*INCIDENT]),
    }
    for name, values in changes.items():
        rows = rows.set_column(ALERTS.get_field_index(name), ALERTS.field(name), values)
    store.tables.append(rows, "alerts")
    last: dict[str, int] = {}
    for number, minute in zip(numbers, minutes.tolist(), strict=True):
        last[f"incident {number}"] = max(minute, last.get(f"incident {number}", 0))
    incidents = store.incidents()
    assert {each: incident.ok_windows for each, incident in incidents.items()} == last

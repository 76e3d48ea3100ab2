"""Decisions as rows, and rows as notifications."""

from dataclasses import replace

from sparkmon.alerts.decide import Decision
from sparkmon.alerts.policy import Policy
from sparkmon.alerts.rows import incident_of, notifications_of, queued_notifications_of, row_of
from sparkmon.alerts.schema import ALERTS
from tests.alerts.test_decide import HOUR, NOON, Manager, observed

BLANK = dict.fromkeys(ALERTS.names)


def row(decision: Decision) -> dict[str, object]:
    window = decision.observation
    times = {"window_start": window.window_start, "window_end": window.window_end}
    return BLANK | row_of(decision, query_id="q", now=NOON) | times


def test_reminders_and_new_alerts_of_a_batch_are_two_notifications() -> None:
    manager = Manager(replace(Policy(), notify_on="each"), "pager", "log")
    manager.process(observed(0))
    rows = [row(each) for each in manager.process(observed(1), observed(1, name="wind"))]
    titles = {
        alert.column_name: (note.title, note.state, alert.is_repeat, sinks)
        for note, sinks in notifications_of(rows)
        for alert in note.alerts
    }
    window = "in the window 2026-11-23 13:00 to 2026-11-23 14:00 UTC"
    assert titles == {
        "temp": (f"flights: 1 alert still open {window}", "firing", True, ("pager", "log")),
        "wind": (f"flights: 1 alert {window}", "firing", False, ("pager", "log")),
    }


def test_a_row_keeps_the_incident_and_a_suppressed_one_has_no_notification() -> None:
    manager = Manager()
    (first,), (second,) = manager.process(observed(0)), manager.process(observed(1))
    assert incident_of(row(first)) == first.incident
    assert (second.suppressed_by, second.is_repeat) == ("no_change", True)
    assert notifications_of([row(second)]) == []


def test_undelivered_rows_are_queued_by_sink_with_their_attempts() -> None:
    manager = Manager(Policy(), "pager", "log")
    rows = [row(each) for each in manager.process(observed(0), observed(0, name="wind"))]
    undelivered = [(each, "pager", 2) for each in rows] + [(rows[0], "log", 0)]
    queued = queued_notifications_of(undelivered)
    assert [(note.count, sink, attempts) for note, sink, attempts in queued] == [(2, "pager", 2), (1, "log", 0)]
    assert queued[0][0].window_end == NOON + HOUR


def test_alerts_carry_the_address_of_their_incident() -> None:
    manager = Manager(Policy(), "pager")
    (decision,) = manager.process(observed(0))
    (((alert,),),) = [[note.alerts] for note, _ in notifications_of([row(decision)], "https://monitor.example.com/a")]
    assert alert.url == f"https://monitor.example.com/a/incident?id={alert.incident_id}"
    ((queued, _, _),) = queued_notifications_of([(row(decision), "pager", 1)], "https://monitor.example.com")
    assert queued.lines[0].endswith(f" https://monitor.example.com/incident?id={alert.incident_id}")
    assert notifications_of([row(decision)])[0][0].alerts[0].url is None

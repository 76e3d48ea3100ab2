"""Events twice, out of order, late, and by clocks that are wrong: each in its window once, or told as what it is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from sparkmon.records import Event
from tests.faults.accounts import check_account, contents
from tests.faults.desk import Desk
from tests.faults.report import Report
from tests.faults.traffic import Traffic, received

DELAY = timedelta(minutes=10)
LATENCY = timedelta(seconds=2)


def out_of_order(events: Sequence[Event], random: np.random.Generator) -> list[Event]:
    """Send a third of the events again, and all of them up to the delay after their time."""
    again = [event for event in events if random.random() < 1 / 3]
    sent = [
        (event.event_time + DELAY * 0.99 * random.random(), index, event)
        for index, event in enumerate([*events, *again])
    ]
    return [event for _, _, event in sorted(sent, key=lambda each: each[:2])]


@pytest.mark.faults
def test_events_twice_out_of_order_and_late_are_counted_once(desk: Desk, report: Report) -> None:
    traffic, random = Traffic(61), np.random.default_rng(61)
    events = [event for at in range(3) for event in traffic.hour(at)]
    events += [traffic.request("shop", minutes, traffic.rows(2)) for minutes in range(2, 160, 2)]
    sent = out_of_order(events, random)
    desk.log("spool", *(sent[at : at + 6] for at in range(0, len(sent), 6)))
    assert desk.watch("spool", "checkpoints", flush=False, most=6) == 0
    # The hours 0 and 1 have closed, by the events of 02:50; the hour 2 is open.
    late = traffic.aside([(30, 5), (100, 5)])
    traffic.book.events += len(late)
    in_time = [traffic.request("shop", minutes, traffic.rows(4)) for minutes in (165, 170)]
    desk.log("spool", [*late, *in_time])
    assert desk.watch("spool", "checkpoints") == 10
    account = check_account(desk.spark, desk.tables, traffic.book, late=10)
    report.row("duplicated, reordered, late", 1, traffic.book, account)


def test_a_clock_that_is_ahead_makes_no_others_late(desk: Desk, report: Report) -> None:
    traffic = Traffic(62)
    honest = [event for at in range(3) for event in traffic.hour(at)]
    sent = [received(event, event.event_time + LATENCY) for event in honest]
    ahead = [by_clock(traffic, at, timedelta(hours=1)) for at in range(1, 170, 13)]
    ahead += [by_clock(traffic, 75, timedelta(days=26_000))]
    # What is allowed takes its part of the delay, and no more.
    for minutes in range(2, 170, 11):
        event = traffic.request("shop", minutes + 4.5, traffic.rows(2))
        sent.append(received(event, event.event_time - timedelta(minutes=4.5)))
    traffic.book.letters |= {event.event_id: event.event_time for event in ahead}
    sent += ahead
    sent.sort(key=lambda event: event.event_time)
    desk.log("spool", *(sent[at : at + 10] for at in range(0, len(sent), 10)))
    assert desk.watch("spool", "checkpoints", most=30) == 0
    account = check_account(desk.spark, desk.tables, traffic.book)
    letters = contents(desk.spark, desk.tables, "dead_letters")
    conditions = {row["event_id"]: row["condition"] for row in letters}
    assert {conditions[event.event_id] for event in ahead} == {"TIME_AHEAD"}
    report.row("clock an hour (one event 71 years) ahead", 1, traffic.book, account)


def by_clock(traffic: Traffic, minutes: float, ahead: timedelta) -> Event:
    """Make an event of a pod whose clock is ahead, as it is received."""
    (event,) = traffic.aside([(minutes, 3)])
    traffic.book.events += 1
    wrong = replace(event, event_time=event.event_time + ahead)
    return received(wrong, event.event_time + LATENCY)

"""When a notification is tried again, and when it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sparkmon.alerts.mailbag import GIVE_UP_AFTER, Mailbag, Parcel
from sparkmon.sinks import Notification

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


def parcel(name: str) -> Parcel:
    return Parcel(Notification(name, "fired", "info", "m", "", None, None, 1, (), NOON))


def bag_of(*names: str) -> tuple[Mailbag, list[Parcel]]:
    bag, parcels = Mailbag(jitter=lambda: 0.5), [parcel(name) for name in names]
    for each in parcels:
        bag.put(each)
    return bag, parcels


def test_waiting_doubles_up_to_five_minutes_and_begins_anew_once_it_went() -> None:
    bag, (first, second) = bag_of("a", "b")
    now, waits = NOON, []
    for _ in range(10):
        retry = bag.failed(first, now)
        assert retry is not None
        waits.append((retry - now).total_seconds())
        assert bag.due(retry - SECOND / 10) is None
        now = retry
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    bag.went(first)
    assert bag.due(now) is second
    assert bag.failed(second, now) == now + SECOND


def test_a_sink_that_asks_to_wait_longer_is_heard_and_one_that_asks_for_less_is_not() -> None:
    bag, (first,) = bag_of("a")
    assert bag.failed(first, NOON, retry_after_s=90) == NOON + 90 * SECOND
    assert bag.failed(first, NOON, retry_after_s=0.5) == NOON + 2 * SECOND


def test_the_order_is_kept_while_a_sink_is_down_for_hours() -> None:
    bag, _ = bag_of("a", "b", "c")
    now = NOON
    while now < NOON + timedelta(hours=3):
        due = bag.due(now)
        assert due is not None
        bag.failed(due, now)
        assert bag.next_time is not None
        now = bag.next_time
    assert len(bag) == 3
    went = []
    while len(bag):
        due = bag.due(now)
        assert due is not None
        went.append(due.notification.notification_id)
        bag.went(due)
    assert went in (["a", "b", "c"], ["b", "a", "c"])  # one of them may have gone as a probe


def test_what_is_refused_for_good_is_given_up_at_once() -> None:
    bag, (first, second) = bag_of("a", "b")
    assert bag.failed(first, NOON, permanent=True) is None
    assert bag.due(NOON) is second


def test_what_is_a_day_old_is_given_up() -> None:
    bag, (first,) = bag_of("a")
    assert bag.failed(first, NOON + GIVE_UP_AFTER - SECOND) is not None
    assert bag.failed(first, NOON + GIVE_UP_AFTER) is None
    assert len(bag) == 0


def test_one_that_a_sink_never_takes_does_not_keep_the_others_waiting() -> None:
    bag, (poison, *_) = bag_of("poison", "b", "c")
    now, went, tries = NOON, [], 0
    while len(bag) and tries < 100:
        tries += 1
        due = bag.due(now)
        assert due is not None
        if due is poison:
            bag.failed(due, now)
        else:
            went.append(due.notification.notification_id)
            bag.went(due)
        now = max(now, bag.next_time or now)
    assert went == ["b", "c"]
    assert tries == 8  # five failures, b as a probe, the sixth failure, c
    assert now - NOON < timedelta(minutes=2)

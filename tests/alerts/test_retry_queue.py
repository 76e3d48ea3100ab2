"""When a notification is retried, and when it is given up."""

from datetime import datetime, timezone

from sparkmon.alerts.sink_worker import GIVE_UP_S, QueuedNotification, RetryQueue
from sparkmon.sinks import Notification

LONG_AGO = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
NOON = 5000.0
"""On a monotonic clock."""


def queued(name: str) -> QueuedNotification:
    return QueuedNotification(Notification(name, "firing", "info", "m", "", None, None, 1, (), LONG_AGO))


def queue_of(*names: str) -> tuple[RetryQueue, list[QueuedNotification]]:
    queue, items = RetryQueue(jitter=lambda: 0.5), [queued(name) for name in names]
    for each in items:
        queue.put(each, NOON)
    return queue, items


def test_the_back_off_doubles_up_to_five_minutes_and_restarts_after_a_delivery() -> None:
    queue, (first, second) = queue_of("a", "b")
    now, waits = NOON, []
    for _ in range(10):
        pause = queue.failed(first, now)
        assert pause is not None
        waits.append(pause)
        now += pause
        assert queue.due(now - 0.1) is None
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    queue.delivered(first, now)
    assert queue.due(now) is second
    assert queue.failed(second, now) == 1


def test_a_retry_after_lengthens_the_back_off_and_never_shortens_it() -> None:
    queue, (first,) = queue_of("a")
    assert queue.failed(first, NOON, retry_after_s=90) == 90
    assert queue.failed(first, NOON, retry_after_s=0.5) == 2


def test_the_order_stays_while_a_sink_is_down_for_hours() -> None:
    queue, _ = queue_of("a", "b", "c")
    now = NOON
    while now < NOON + 3 * 3600:
        due = queue.due(now)
        assert due is not None
        queue.failed(due, now)
        now = queue.next_s
    assert len(queue) == 3
    delivered = []
    while len(queue):
        due = queue.due(now)
        assert due is not None
        delivered.append(due.notification.notification_id)
        queue.delivered(due, now)
    assert delivered in (["a", "b", "c"], ["b", "a", "c"])  # one of them may be delivered as a probe


def test_a_permanent_refusal_is_given_up_at_once() -> None:
    queue, (first, second) = queue_of("a", "b")
    assert queue.failed(first, NOON, permanent=True) is None
    assert queue.due(NOON) is second


def test_a_notification_is_given_up_after_a_day_in_the_queue_whenever_it_was_made() -> None:
    queue, (first,) = queue_of("a")
    assert queue.failed(first, NOON + GIVE_UP_S - 1) is not None
    assert queue.failed(first, NOON + GIVE_UP_S) is None
    assert len(queue) == 0


def test_a_sink_that_asks_for_a_pause_of_a_day_has_one_request_a_day_and_what_came_meanwhile_waits() -> None:
    queue, (first,) = queue_of("first")
    assert queue.failed(first, NOON, retry_after_s=GIVE_UP_S) == GIVE_UP_S
    for hour in range(1, 24):
        queue.put(queued(f"hour {hour}"), NOON + hour * 3600)
        assert queue.due(NOON + hour * 3600) is None
    now = NOON + GIVE_UP_S
    assert queue.due(now) is first
    assert queue.failed(first, now, retry_after_s=GIVE_UP_S) is None
    assert (len(queue), queue.due(now + GIVE_UP_S - 1)) == (23, None)
    now += GIVE_UP_S
    while (due := queue.due(now)) is not None:
        queue.delivered(due, now)
    assert len(queue) == 0


def test_a_sink_is_blocked_since_it_last_accepted_one_of_those_that_wait() -> None:
    queue, (first, second) = queue_of("a", "b")
    assert queue.blocked_s(NOON + 700) == 700
    queue.delivered(first, NOON + 700)
    assert queue.blocked_s(NOON + 705) == 5
    queue.delivered(second, NOON + 710)
    assert queue.blocked_s(NOON + 9000) == 0
    queue.put(queued("c"), NOON + 9000)
    assert queue.blocked_s(NOON + 9001) == 1


def test_a_notification_that_a_sink_never_accepts_does_not_block_the_others() -> None:
    queue, (poison, *_) = queue_of("poison", "b", "c")
    now, delivered, tries = NOON, [], 0
    while len(queue) and tries < 100:
        tries += 1
        due = queue.due(now)
        assert due is not None
        if due is poison:
            queue.failed(due, now)
        else:
            delivered.append(due.notification.notification_id)
            queue.delivered(due, now)
        now = max(now, queue.next_s)
    assert delivered == ["b", "c"]
    assert tries == 8  # five failures, b as a probe, the sixth failure, c
    assert now - NOON < 120

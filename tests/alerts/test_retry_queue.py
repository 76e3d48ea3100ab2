"""When a notification is retried, and when it is given up."""

from datetime import datetime, timedelta, timezone

from sparkmon.alerts.sink_worker import GIVE_UP_AFTER, QueuedNotification, RetryQueue
from sparkmon.sinks import Notification

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


def queued(name: str) -> QueuedNotification:
    return QueuedNotification(Notification(name, "firing", "info", "m", "", None, None, 1, (), NOON))


def queue_of(*names: str) -> tuple[RetryQueue, list[QueuedNotification]]:
    queue, items = RetryQueue(jitter=lambda: 0.5), [queued(name) for name in names]
    for each in items:
        queue.put(each)
    return queue, items


def test_the_back_off_doubles_up_to_five_minutes_and_restarts_after_a_delivery() -> None:
    queue, (first, second) = queue_of("a", "b")
    now, waits = NOON, []
    for _ in range(10):
        retry = queue.failed(first, now)
        assert retry is not None
        waits.append((retry - now).total_seconds())
        assert queue.due(retry - SECOND / 10) is None
        now = retry
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    queue.delivered(first)
    assert queue.due(now) is second
    assert queue.failed(second, now) == now + SECOND


def test_a_retry_after_lengthens_the_back_off_and_never_shortens_it() -> None:
    queue, (first,) = queue_of("a")
    assert queue.failed(first, NOON, retry_after_s=90) == NOON + 90 * SECOND
    assert queue.failed(first, NOON, retry_after_s=0.5) == NOON + 2 * SECOND


def test_the_order_stays_while_a_sink_is_down_for_hours() -> None:
    queue, _ = queue_of("a", "b", "c")
    now = NOON
    while now < NOON + timedelta(hours=3):
        due = queue.due(now)
        assert due is not None
        queue.failed(due, now)
        assert queue.next_time is not None
        now = queue.next_time
    assert len(queue) == 3
    delivered = []
    while len(queue):
        due = queue.due(now)
        assert due is not None
        delivered.append(due.notification.notification_id)
        queue.delivered(due)
    assert delivered in (["a", "b", "c"], ["b", "a", "c"])  # one of them may be delivered as a probe


def test_a_permanent_refusal_is_given_up_at_once() -> None:
    queue, (first, second) = queue_of("a", "b")
    assert queue.failed(first, NOON, permanent=True) is None
    assert queue.due(NOON) is second


def test_a_notification_of_a_day_ago_is_given_up() -> None:
    queue, (first,) = queue_of("a")
    assert queue.failed(first, NOON + GIVE_UP_AFTER - SECOND) is not None
    assert queue.failed(first, NOON + GIVE_UP_AFTER) is None
    assert len(queue) == 0


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
            queue.delivered(due)
        now = max(now, queue.next_time or now)
    assert delivered == ["b", "c"]
    assert tries == 8  # five failures, b as a probe, the sixth failure, c
    assert now - NOON < timedelta(minutes=2)

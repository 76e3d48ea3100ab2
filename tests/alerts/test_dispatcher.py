"""Notifications reach every sink that works, whatever the others do."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

import pytest

from sparkmon.alerts import Dispatcher
from sparkmon.sinks import AlertSink, Notification
from tests.support.ledger import Ledger


def note(name: str) -> Notification:
    now = datetime.now(timezone.utc)
    return Notification(name, "firing", "info", "m", "", None, None, 1, (), now)


class Hanging(AlertSink):
    """Takes a notification and returns when it is released."""

    kind = "hanging"

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def deliver(self, notification: Notification) -> None:
        self.release.wait(20)


class Leaky(AlertSink):
    """Fails with a secret in its text, as a library might."""

    kind = "leaky"

    def deliver(self, notification: Notification) -> None:
        raise ValueError("token=hunter2")


@contextmanager
def dispatching(*sinks: AlertSink) -> Iterator[tuple[Dispatcher, list[Mapping[str, Any]]]]:
    attempts: list[Mapping[str, Any]] = []

    def record(rows: Sequence[Mapping[str, Any]]) -> None:
        attempts.extend(rows)

    dispatcher = Dispatcher(sinks, record)
    try:
        yield dispatcher, attempts
    finally:
        dispatcher.stop()


@pytest.mark.slow
def test_a_sink_that_hangs_or_fails_does_not_delay_others() -> None:
    hanging, failing, works = Hanging(), Ledger(10**6, name="failing"), Ledger()
    with dispatching(hanging, failing, works) as (dispatcher, attempts):
        began = time.monotonic()
        for number in range(50):
            assert dispatcher.put(note(str(number)), ["hanging", "failing", "ledger"]) == []
        while len(works.notifications) < 50 and time.monotonic() < began + 60:
            time.sleep(0.01)
        assert [each.notification_id for each in works.notifications] == [str(number) for number in range(50)]
        assert dispatcher.waiting == {"hanging": 50, "failing": 50, "ledger": 0}
        assert dispatcher.failing == ["failing"]
        hanging.release.set()
        assert dispatcher.drain(5) == 50
    by_sink = {(row["sink"], row["status"]) for row in attempts}
    assert by_sink == {("ledger", "delivered"), ("hanging", "delivered"), ("failing", "failed")}


@pytest.mark.slow
def test_a_failed_delivery_is_retried_and_every_attempt_is_logged() -> None:
    ledger = Ledger(failures=1)
    with dispatching(ledger) as (dispatcher, attempts):
        dispatcher.put(note("a"), ["ledger"])
        assert dispatcher.drain(10) == 0
    assert [(row["attempt"], row["status"]) for row in attempts] == [(1, "failed"), (2, "delivered")]
    assert attempts[0]["retry_time"] > attempts[0]["time"]
    assert attempts[0]["error"] == "ConnectionError in ledger"


def test_a_refused_notification_is_dead_and_the_next_is_delivered() -> None:
    ledger = Ledger(failures=1, permanent=True)
    with dispatching(ledger) as (dispatcher, attempts):
        for name in ("a", "b"):
            dispatcher.put(note(name), ["ledger"])
        assert dispatcher.drain(10) == 0
    assert [(row["notification_id"], row["status"]) for row in attempts] == [("a", "dead"), ("b", "delivered")]
    assert attempts[0]["error"] == "[SPARKMON_ALERT_DELIVERY] refused"


def test_a_notification_is_sent_once_however_often_it_is_put() -> None:
    ledger = Ledger()
    with dispatching(ledger) as (dispatcher, _):
        for _ in range(3):
            dispatcher.put(note("a"), ["ledger"])
            dispatcher.drain(5)
        assert dispatcher.put(note("b"), ["stale", "ledger"]) == ["stale"]
        dispatcher.drain(5)
    assert [each.notification_id for each in ledger.notifications] == ["a", "b"]


def test_attempts_that_cannot_be_written_are_written_later() -> None:
    attempts: list[Mapping[str, Any]] = []
    failures = [OSError("disk full")]

    def record(rows: Sequence[Mapping[str, Any]]) -> None:
        if failures:
            raise failures.pop()
        attempts.extend(rows)

    dispatcher = Dispatcher([Ledger()], record)
    dispatcher.put(note("a"), ["ledger"])
    dispatcher.drain(5)
    assert attempts == []
    dispatcher.stop()
    assert [row["status"] for row in attempts] == ["delivered"]


def test_the_text_of_an_error_of_another_class_is_written_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), dispatching(Leaky()) as (dispatcher, attempts):
        dispatcher.put(note("a"), ["leaky"])
        until = time.monotonic() + 60
        while not attempts and time.monotonic() < until:
            dispatcher.drain(0.2)
    assert attempts[0]["error"] == "ValueError in leaky"
    assert "hunter2" not in caplog.text + str(attempts)

"""When to try again."""

from datetime import datetime, timezone

import pytest

from sparkmon.backoff import Backoff, is_temporary, retry_after_s


def test_server_errors_and_three_statuses_may_pass() -> None:
    assert [is_temporary(status) for status in (400, 404, 408, 425, 429, 500, 503)] == [False, False, *[True] * 5]


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(1.0, 300.0, jitter=lambda: 0.5)
    assert [backoff.pause_s(failures) for failures in (0, 1, 2, 100)] == [1.0, 2.0, 4.0, 300.0]


def test_pauses_differ_by_a_fifth() -> None:
    assert Backoff(10.0, 300.0, jitter=lambda: 0.0).pause_s(0) == pytest.approx(8.0)
    assert Backoff(10.0, 300.0, jitter=lambda: 1.0).pause_s(0) == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("99999", 3600.0),
        ("Mon, 05 Jan 2026 12:00:30 GMT", 30.0),
        ("Mon, 05 Jan 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, datetime(2026, 1, 5, 12, tzinfo=timezone.utc), 3600.0) == seconds

"""Lengths of time as text."""

from datetime import timedelta

import pytest

from sparkmon.interval import format_interval, parse_interval


@pytest.mark.parametrize(
    ("length", "text"),
    [(timedelta(hours=26), "1 day 2 hours"), (timedelta(seconds=1.5), "1 second 500000 microseconds")],
)
def test_what_is_written_is_read_again(length: timedelta, text: str) -> None:
    assert format_interval(length) == text
    assert parse_interval("window", text) == length


def test_no_time_is_written_too() -> None:
    assert format_interval(timedelta()) == "0 seconds"

"""The time in an idle stream: that of its events, advancing with the wall clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from sparkmon.monitor.idle_tracker import Clock, IdleTracker, QueryProgress

START = datetime(2013, 7, 1, 8, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
CLOCK = Clock(10 * MINUTE, 10 * MINUTE, 3 * MINUTE)
QUIET = QueryProgress(had_events=False, is_busy=False, watermark=START + 4 * MINUTE, open_groups=2)
BUSY = replace(QUIET, is_busy=True)
EVENTS = replace(QUIET, had_events=True)


def tracker_of(idle: timedelta = MINUTE) -> IdleTracker:
    return IdleTracker(CLOCK, idle)


def test_a_window_is_due_when_an_event_of_now_would_close_it() -> None:
    tracker = tracker_of()
    assert tracker.due(1000.0, EVENTS) is None
    # The watermark stands six minutes before the end.
    assert tracker.due(1359.0, QUIET) is None
    assert tracker.due(1360.0, QUIET) == START + 10 * MINUTE


def test_each_end_is_due_once_though_the_query_takes_its_time() -> None:
    tracker = tracker_of()
    tracker.due(0.0, EVENTS)
    assert tracker.due(360.0, QUIET) == START + 10 * MINUTE
    assert tracker.due(361.0, QUIET) is None
    moved = replace(QUIET, watermark=START + 10 * MINUTE)
    assert tracker.due(959.0, moved) is None
    assert tracker.due(960.0, moved) == START + 20 * MINUTE


def test_after_a_long_sleep_only_the_last_end_is_due() -> None:
    tracker = tracker_of()
    tracker.due(0.0, EVENTS)
    assert tracker.due(2000.0, QUIET) == START + 30 * MINUTE


def test_events_and_waiting_rows_and_idle_delay_it() -> None:
    tracker = tracker_of(idle=8 * MINUTE)
    tracker.due(0.0, EVENTS)
    assert tracker.due(400.0, QUIET) is None
    assert tracker.due(480.0, BUSY) is None
    assert tracker.due(480.0, QUIET) == START + 10 * MINUTE
    tracker.due(500.0, EVENTS)
    assert tracker.due(979.0, QUIET) is None
    assert tracker.due(980.0, QUIET) == START + 10 * MINUTE


def test_nothing_is_due_without_open_windows_or_without_progress() -> None:
    tracker = tracker_of()
    tracker.due(0.0, EVENTS)
    assert tracker.due(9999.0, replace(QUIET, open_groups=0)) is None
    assert tracker.due(9999.0, replace(QUIET, watermark=None)) is None


def test_the_watermark_of_the_last_events_counts_though_it_shows_a_batch_later() -> None:
    tracker = tracker_of()
    tracker.due(0.0, replace(EVENTS, watermark=START))
    assert tracker.due(359.0, QUIET) is None
    assert tracker.due(360.0, QUIET) == START + 10 * MINUTE


def test_windows_that_slide_end_more_often() -> None:
    clock = Clock(10 * MINUTE, 4 * MINUTE, MINUTE)
    ends = {clock.last_end(START + minutes * MINUTE) for minutes in range(30)}
    starts = {end - clock.window - datetime(1970, 1, 1, tzinfo=timezone.utc) for end in ends}
    assert {start % clock.slide for start in starts} == {timedelta()}
    assert len(ends) == 8
    # An event at 08:07 is in the window that starts at 08:04 and, of all, ends last.
    assert clock.all_closed(START + 6 * MINUTE) == START + 14 * MINUTE

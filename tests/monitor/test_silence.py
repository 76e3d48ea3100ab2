"""What time it is in a silent stream: the events' own, going on at the wall's rate."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from sparkmon.monitor.silence import Clock, Look, Silence

START = datetime(2013, 7, 1, 8, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
CLOCK = Clock(10 * MINUTE, 10 * MINUTE, 3 * MINUTE)
QUIET = Look(had_events=False, is_busy=False, watermark=START + 4 * MINUTE, open_groups=2)
BUSY = replace(QUIET, is_busy=True)
EVENTS = replace(QUIET, had_events=True)


def silent(idle: timedelta = MINUTE) -> Silence:
    return Silence(CLOCK, idle)


def test_a_window_is_due_when_an_event_of_now_would_close_it() -> None:
    silence = silent()
    assert silence.due(1000.0, EVENTS) is None
    # The watermark stands six minutes before the end.
    assert silence.due(1359.0, QUIET) is None
    assert silence.due(1360.0, QUIET) == START + 10 * MINUTE


def test_each_end_is_told_once_though_the_query_takes_its_time() -> None:
    silence = silent()
    silence.due(0.0, EVENTS)
    assert silence.due(360.0, QUIET) == START + 10 * MINUTE
    assert silence.due(361.0, QUIET) is None
    moved = replace(QUIET, watermark=START + 10 * MINUTE)
    assert silence.due(959.0, moved) is None
    assert silence.due(960.0, moved) == START + 20 * MINUTE


def test_a_thread_that_slept_tells_the_last_end_alone() -> None:
    silence = silent()
    silence.due(0.0, EVENTS)
    assert silence.due(2000.0, QUIET) == START + 30 * MINUTE


def test_events_rows_on_their_way_and_idle_hold_it_back() -> None:
    silence = silent(idle=8 * MINUTE)
    silence.due(0.0, EVENTS)
    assert silence.due(400.0, QUIET) is None
    assert silence.due(480.0, BUSY) is None
    assert silence.due(480.0, QUIET) == START + 10 * MINUTE
    silence.due(500.0, EVENTS)
    assert silence.due(979.0, QUIET) is None
    assert silence.due(980.0, QUIET) == START + 10 * MINUTE


def test_an_empty_state_and_a_query_that_has_told_nothing_need_none() -> None:
    silence = silent()
    silence.due(0.0, EVENTS)
    assert silence.due(9999.0, replace(QUIET, open_groups=0)) is None
    assert silence.due(9999.0, replace(QUIET, watermark=None)) is None


def test_the_watermark_of_the_last_events_counts_though_it_shows_a_batch_later() -> None:
    silence = silent()
    silence.due(0.0, replace(EVENTS, watermark=START))
    assert silence.due(359.0, QUIET) is None
    assert silence.due(360.0, QUIET) == START + 10 * MINUTE


def test_windows_that_slide_end_more_often() -> None:
    clock = Clock(10 * MINUTE, 4 * MINUTE, MINUTE)
    ends = {clock.last_end(START + minutes * MINUTE) for minutes in range(30)}
    starts = {end - clock.window - datetime(1970, 1, 1, tzinfo=timezone.utc) for end in ends}
    assert {start % clock.slide for start in starts} == {timedelta()}
    assert len(ends) == 8
    # An event at 08:07 is in the window that starts at 08:04 and, of all, ends last.
    assert clock.all_closed(START + 6 * MINUTE) == START + 14 * MINUTE

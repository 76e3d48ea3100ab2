"""Windows close by their model's own clock, each once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.monitor.clock import Clock
from tests.monitor.closer_desk import MINUTE, RANDOM, SIZE, CloserDesk, desk, traffic
from tests.support.panes import HOUR, MIDNIGHT, micros, panes_of

__all__ = ["desk"]  # the fixture


def test_a_window_closes_once_an_event_of_its_model_is_later_than_the_delay(desk: Callable[..., CloserDesk]) -> None:
    one = desk()
    one.ingest(0, traffic("shop", MIDNIGHT))
    one.ingest(1, traffic("shop", MIDNIGHT + HOUR, length=9 * MINUTE))
    assert one.closed() == {}
    one.ingest(2, traffic("shop", MIDNIGHT + HOUR, length=11 * MINUTE, size=60))
    assert one.closed() == {("shop", 0, 1): SIZE}
    assert {row["status"] for row in one.rows("drift_metrics")} == {"ok"}
    (mark,) = one.rows("closed_windows")
    assert (mark["requests"], mark["responses"], mark["batch_id"]) == (SIZE, 0, 2)


def test_of_two_models_an_hour_apart_no_row_is_late(desk: Callable[..., CloserDesk]) -> None:
    one = desk()
    for hour in range(4):
        ahead = traffic("shop", MIDNIGHT + (hour + 1) * HOUR)
        behind = traffic("bank", MIDNIGHT + hour * HOUR)
        one.ingest(hour, ahead, behind)
    one.closer.close_all()
    expected = {("shop", float(hour + 1), 1.0): SIZE for hour in range(4)}
    expected |= {("bank", float(hour), 1.0): SIZE for hour in range(4)}
    assert one.closed() == expected
    assert one.counters.counts.late_rows == 0


@pytest.mark.slow
def test_a_model_that_posts_an_hour_late_within_its_delay_loses_nothing(desk: Callable[..., CloserDesk]) -> None:
    one = desk(delay="90 minutes")
    for hour in range(5):
        now = MIDNIGHT + hour * HOUR
        late = traffic("bank", now - HOUR, length=59 * MINUTE)
        one.ingest(
            hour, *(traffic("shop", now + at * 10 * MINUTE, length=10 * MINUTE, size=10) for at in range(6)), late
        )
    one.closer.close_all()
    assert {key: rows for key, rows in one.closed().items() if key[0] == "bank"} == {
        ("bank", hour - 1.0, 1.0): SIZE for hour in range(5)
    }
    assert one.counters.counts.late_rows == 0


@pytest.mark.slow
def test_late_rows_are_counted_exactly_and_leave_the_window_as_it_was(desk: Callable[..., CloserDesk]) -> None:
    one = desk()
    one.ingest(0, traffic("shop", MIDNIGHT), traffic("shop", MIDNIGHT + HOUR))
    before = one.closed()
    assert before == {("shop", 0, 1): SIZE}
    one.ingest(1, traffic("shop", MIDNIGHT + 20 * MINUTE, length=MINUTE, size=7))
    # The window is open still, although its own event time is behind the watermark.
    one.ingest(2, traffic("shop", MIDNIGHT + HOUR, length=MINUTE, size=5))
    assert (one.counters.counts.late_rows, one.counters.counts.rows) == (7, 2 * SIZE + 12)
    again = desk()
    again.closer.close_all()
    assert again.closed() == before | {("shop", 1, 1): SIZE + 5}
    assert again.counters.counts.late_rows == 0  # counted before


def test_an_idle_model_closes_by_the_clock_and_not_before_the_log_is_read(
    desk: Callable[..., CloserDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk(idle="1 minute")
    monkeypatch.setattr("time.monotonic", lambda: 1000.0)
    one.ingest(0, traffic("shop", MIDNIGHT), traffic("bank", MIDNIGHT, length=30 * MINUTE))
    for read_until, closed in (
        (1000.0 + 600 - 10, set()),  # the last event came 6 s before the end, the delay is 600
        (1000.0 + 610, {"shop"}),
        (1000.0 + 2300, {"shop"}),
        (1000.0 + 2405, {"shop", "bank"}),
    ):
        one.closer.close_by_clock(read_until)
        assert {model for model, _, _ in one.closed()} == closed
    one.ingest(1, traffic("shop", MIDNIGHT + HOUR))
    assert one.counters.counts.late_rows == 0


def test_spark_is_asked_nothing_until_a_window_may_be_due(
    desk: Callable[..., CloserDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, now = desk(idle="1 minute"), [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    one.ingest(0, traffic("shop", MIDNIGHT))  # due 606 s after its last event, 20.5 s before that Spark is asked
    query: Any = SimpleNamespace()
    clock = Clock(one.closer, query, trigger_s=10.0, is_remote=False)
    for seconds in (0, 60, 585):
        now[0] = 1000.0 + seconds
        clock.look()
    now[0] = 1000.0 + 606 - 20
    with pytest.raises(AttributeError, match="isActive"):
        clock.look()


@pytest.mark.slow
@pytest.mark.parametrize(("delay", "late"), [("10 minutes", 30), ("70 minutes", 0)])
def test_after_an_hour_without_its_broker_only_rows_beyond_the_delay_are_late(
    desk: Callable[..., CloserDesk], monkeypatch: pytest.MonkeyPatch, delay: str, late: int
) -> None:
    one, now = desk(idle="1 minute", delay=delay), [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def half_an_hour(start: datetime) -> pa.Table:
        return traffic("shop", start, length=30 * MINUTE, size=30)

    one.ingest(0, half_an_hour(MIDNIGHT))
    for minutes in range(1, 60):  # the log is empty: by the clock, 00:30 becomes 01:30
        one.closer.close_by_clock(60.0 * minutes)
    assert one.closed() == ({("shop", 0, 1): 30} if late else {})
    now[0] = 3600.0
    one.ingest(1, half_an_hour(MIDNIGHT + 30 * MINUTE), half_an_hour(MIDNIGHT + HOUR))
    assert one.counters.counts.late_rows == late
    one.closer.close_all()
    assert one.closed() == {("shop", 0, 1): 60 - late, ("shop", 1, 1): 30}


def test_windows_that_overlap_share_panes(desk: Callable[..., CloserDesk]) -> None:
    one = desk(length="1 hour", slide="20 minutes")
    pane = timedelta(minutes=20)
    columns = {"amount": np.arange(300.0)}
    one.ingest(0, panes_of("shop", MIDNIGHT, columns, length=5 * pane, pane=pane))
    one.closer.close_all()
    starts = {round(start * 3): rows for (_, start, _), rows in one.closed().items()}
    # By hand: 60 rows in each 20 minutes from 00:00 to 01:40.
    assert starts == {-2: 60, -1: 120, 0: 180, 1: 180, 2: 180, 3: 120, 4: 60}


@pytest.mark.slow
def test_longer_windows_are_judged_when_their_last_window_has_closed(desk: Callable[..., CloserDesk]) -> None:
    for run, hours in enumerate([(0, 1, 2), (4, 5), (9, 12)]):
        one = desk(longer=["4 hours"])  # a new process each time
        one.ingest(run, *(traffic("shop", MIDNIGHT + hour * HOUR) for hour in hours))
    one = desk(longer=["4 hours"])
    one.closer.close_all()
    long = {start: rows for (_, start, length), rows in one.closed().items() if length == 4}
    assert long == {0: 3 * SIZE, 4: 2 * SIZE, 8: SIZE}
    short = {start for _, start, length in one.closed() if length == 1}
    assert short == {0, 1, 2, 4, 5, 9, 12}
    judged = {(row["window_end"] - row["window_start"]) / HOUR for row in one.rows("drift_metrics")}
    assert judged == {1, 4}


@pytest.mark.slow
def test_panes_are_summed_over_batches(desk: Callable[..., CloserDesk]) -> None:
    one = desk()
    values = RANDOM.normal(50, 10, 1000)
    for batch in range(40):
        part = {"amount": values[batch * 25 : batch * 25 + 25]}
        start = MIDNIGHT + batch * MINUTE
        one.ingest(batch, panes_of("shop", start, part, length=MINUTE))
    one.closer.close_all()
    (row,) = one.rows("profiles")
    profile = row["profile"]
    assert profile["count"] == 1000
    assert profile["avg"] == pytest.approx(values.mean(), rel=1e-12)
    assert profile["m2"] == pytest.approx(values.var() * 1000, rel=1e-9)
    assert (profile["min"], profile["max"]) == (values.min(), values.max())
    assert micros(row["window_end"] - row["window_start"]) == micros(HOUR)

"""An event that is ahead of the worker's own clock is a dead letter of a stream, and moves no model's clock."""

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest

from sparkmon.ingest import Ingest, _Task
from sparkmon.interval import EPOCH
from sparkmon.monitor.windows import Windows
from sparkmon.panes import PaneBuilder
from sparkmon.protocol import events_to_batch, without_ahead
from sparkmon.records import DeadLetter, Event


def read(times: list[datetime], ahead_s: float) -> tuple[list[Any], list[Any], Any]:
    """Return the dead letters, the panes and the report of a request of each time."""
    events = [Event(str(i), "request", "pod", t, b'{"instances": [[1.5]]}', "m") for i, t in enumerate(times)]
    ingest = Ingest(lambda: PaneBuilder(3_600_000_000), ahead_s=ahead_s)
    task = _Task(ingest, {}, None)
    output = pa.Table.from_batches([*task.read(events_to_batch(events)), *task.summary()])
    letters = output["dead_letter"].combine_chunks().drop_null().to_pylist()
    [summary] = output["task"].combine_chunks().drop_null().to_pylist()
    return letters, output["pane"].combine_chunks().drop_null().to_pylist(), summary


@pytest.mark.parametrize(("delay", "ahead_s"), [("10 minutes", 300), ("1 minute", 30), ("0 seconds", 5)])
def test_an_event_may_be_ahead_of_the_clock_by_half_of_the_delay(delay: str, ahead_s: float) -> None:
    assert Windows("1 hour", delay=delay).ahead_s == ahead_s
    began = datetime.now(timezone.utc)
    times = [began - timedelta(days=400), began + timedelta(seconds=ahead_s - 2), began + timedelta(hours=1)]
    [letter], panes, _ = read(times, ahead_s)
    assert (letter["event_id"], letter["condition"]) == ("2", "TIME_AHEAD")
    assert f"{ahead_s} s are allowed" in letter["reason"]
    newest = max(pane["last_event_time"] for pane in panes)
    assert newest == times[1]
    assert began.timestamp() <= letter["event_time"].timestamp() <= time.time()


def test_an_event_that_is_read_again_is_the_same_whatever_the_clock_says() -> None:
    times = [datetime(2999, 1, 1, tzinfo=timezone.utc), datetime(2026, 1, 5, tzinfo=timezone.utc)]
    (_, _, first), (_, _, again) = read(times, 300), read(times, float("inf"))
    assert first["digests"] == again["digests"]
    assert len(first["digests"]) == 16


def test_a_dead_letter_without_a_time_is_of_the_time_at_which_it_is_read() -> None:
    letter = DeadLetter("EVENT_FIELD_MISSING", "no time")
    events = events_to_batch([Event("1", "", "", EPOCH, b"", dead_letter=letter)])
    [moved] = without_ahead(events, 300.0, lambda: 1795435200.0).to_pylist()
    assert moved["event_time"] == datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    assert (moved["condition"], moved["reason"]) == ("EVENT_FIELD_MISSING", "no time")
    assert without_ahead(events, float("inf")).equals(events)


def test_a_batch_has_no_clock() -> None:
    time = datetime(2999, 1, 1, tzinfo=timezone.utc)
    letters, panes, _ = read([time], float("inf"))
    assert letters == []
    newest = {pane["column_name"]: pane["last_event_time"] for pane in panes}
    assert newest == {"feature_0": time, ":events": time}

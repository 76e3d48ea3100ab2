"""Clients judged by rows in memory, as in batch: without Spark."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sparkmon.interval import from_micros
from sparkmon.monitor.batch_clients import RowsInMemory
from sparkmon.monitor.client_watch import ClientWatch
from sparkmon.monitor.window_grid import RowCounts, Window
from tests.support.attacks import BEGIN_US, baseline, kept_rows, recorded

STEP_US = 50_000
"""Between two rows."""


def named(rows: pa.Table, windows: list[Window]) -> list[tuple[Any, ...]]:
    counts = {window: RowCounts(window.length // STEP_US, window.length // STEP_US) for window in windows}
    found = ClientWatch({"flights": baseline("flights")}).findings(RowsInMemory(rows), counts)
    names = ("window_start", "slice_value", "value", "current_count", "reason")
    return [*zip(*(found[name].to_pylist() for name in names), strict=True)]


def windows_of(rows: pa.Table, length: int, slide: int) -> list[Window]:
    """List the windows of some numbers of rows."""
    starts = range(0, rows.num_rows - length + 1, slide)
    return [Window("flights", BEGIN_US + STEP_US * at, BEGIN_US + STEP_US * (at + length)) for at in starts]


@pytest.mark.slow
def test_honest_clients_are_not_named_where_windows_overlap() -> None:
    """A row that is in two windows is one row: twice the same one would be close to itself."""
    rows = kept_rows("flights", recorded("flights", "later").slice(0, 3_000))
    windows = windows_of(rows, 1_000, 250)
    longer = [Window("flights", BEGIN_US, BEGIN_US + STEP_US * 3_000)]
    assert named(rows, [*windows, *longer]) == []


@pytest.mark.slow
@pytest.mark.parametrize(("attack", "most"), [("hsj_l2", 200), ("zoo", 200), ("oars05", 400), ("oars15", 1_000)])
def test_an_attacker_among_six_clients_is_named_and_they_are_not(attack: str, most: int) -> None:
    """The limits that move with these few clients leave room, and not too much."""
    later = recorded("flights", "later")
    most_active = [name for name, _ in Counter(later["client"].to_pylist()).most_common(6)]
    clients = [later.filter(pc.equal(later["client"], pa.scalar(str(name)))).slice(0, 1_000) for name in most_active]
    streams = [kept_rows("flights", each) for each in (*clients, recorded("flights", attack))]
    mallory = pa.array(["mallory"] * streams[-1].num_rows)
    streams[-1] = streams[-1].set_column(streams[-1].column_names.index("client"), "client", mallory)
    rows = named(pa.concat_tables(streams), windows_of(streams[-1], 200, 200))
    assert {who for _, who, *_ in rows} == {"mallory"}
    queries = (rows[0][0] - from_micros(BEGIN_US)).total_seconds() * 1e6 / STEP_US + 200
    assert queries <= most


def test_only_rows_of_the_window_and_of_twelve_before_count() -> None:
    attack = kept_rows("flights", recorded("flights", "hsj_l2"))
    attack = attack.set_column(attack.column_names.index("client"), "client", pa.array(["mallory"] * attack.num_rows))
    [window] = windows_of(attack, 1_000, 1_000)
    [(_, who, groups, count, reason)] = named(attack, [window])
    assert (who, count) == ("mallory", 1_000)
    assert groups >= 2
    assert reason.startswith("10 of 10 windows of 100 rows, 1,000 of them new: ")
    later = Window("flights", window.end + 12 * window.length, window.end + 13 * window.length)
    assert named(attack, [later]) == []


def test_conditions_on_rows_in_memory_are_those_of_the_tables() -> None:
    rows = kept_rows("flights", recorded("flights", "zoo").slice(0, 10))
    start, end = (from_micros(BEGIN_US + STEP_US * at) for at in (2, 5))
    where = [("model", "=", "flights"), ("event_time", ">=", start), ("event_time", "<", end)]
    assert RowsInMemory(rows).read("rows", ["event_id"], where)["event_id"].to_pylist() == [
        f"e{at:06d}" for at in (2, 3, 4)
    ]

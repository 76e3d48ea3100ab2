"""Tables that live for years: expiry, compaction and clean-up, and what a read costs afterwards."""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from sparkmon.tables import Maintained, Maintenance, Retention
from sparkmon.tables.delta_rs_writer import DeltaRsWriter
from tests.tables.writer_contract import HOUR, START, as_rows, profiles

DAY = timedelta(days=1)


@pytest.fixture
def writer(tmp_path: Path) -> DeltaRsWriter:
    return DeltaRsWriter(f"{tmp_path}")


def hours_of(writer: DeltaRsWriter, table: str = "profiles") -> list[int]:
    rows = writer.read(table, ["window_start"])
    assert rows is not None
    starts: list[Any] = rows["window_start"].to_pylist()
    return sorted((start - START) // HOUR for start in starts)


def run(writer: DeltaRsWriter, now: datetime, retention: Retention, hours: int = 0) -> Maintained:
    """Maintain, and return what was done to the table profiles or panes."""
    maintenance = Maintenance(writer, retention, window=hours * HOUR)
    return next(each for each in maintenance.run_once(now) if each.table in {"profiles", "panes"})


def test_rows_expire_by_the_age_of_the_newest(writer: DeltaRsWriter) -> None:
    for hour in range(0, 100, 10):
        writer.append(profiles(*range(hour, hour + 10)), "profiles", writer="q", batch_id=hour)
    kept = Retention(profiles=40 * HOUR)
    done = run(writer, START + 10_000 * HOUR, kept)  # replayed a year later
    assert done == Maintained("profiles", 59, 10, 10, 0)
    assert hours_of(writer) == [*range(59, 100)]
    assert run(writer, START + 95 * HOUR, kept).expired_rows == 0
    assert not writer.append(profiles(1), "profiles", writer="q", batch_id=90)


def test_a_dry_run_changes_nothing(writer: DeltaRsWriter) -> None:
    for hour in range(9):
        writer.append(profiles(hour), "profiles")
    version = writer.version("profiles")
    maintenance = Maintenance(writer, Retention(profiles=3 * HOUR))
    (dry,) = maintenance.run_once(START + DAY, dry_run=True)
    assert dry == Maintained("profiles", 5, 9, 9, 0)
    assert writer.version("profiles") == version
    assert hours_of(writer) == [*range(9)]
    (done,) = maintenance.run_once(START + DAY)
    assert done[:3] == dry[:3]
    assert hours_of(writer) == [5, 6, 7, 8]


def test_panes_of_open_windows_are_kept(writer: DeltaRsWriter) -> None:
    """Of m0 hours 0, 2, ... and of m1 hours 1, 3, ...; the last windows that closed end at 10 and 6."""
    writer.append(profiles(*range(20)), "panes")
    closed = pa.table({"model": ["m0", "m0", "m1"], "window_end": [START + n * HOUR for n in (8, 10, 6)]})
    writer.append(closed, "closed_windows")
    kept = Retention(panes=2 * HOUR)
    run(writer, START + DAY, kept, hours=4)
    assert hours_of(writer, "panes") == [*range(2, 20)]  # m1 may need its pane from 3 to 4
    run(writer, START + DAY, kept)
    assert hours_of(writer, "panes") == [*range(6, 20)]
    writer.append(closed.set_column(1, "window_end", [[START + DAY] * 3]), "closed_windows")
    run(writer, START + DAY, kept)
    assert hours_of(writer, "panes") == [17, 18, 19]


def test_rows_without_a_time_are_kept(writer: DeltaRsWriter) -> None:
    epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    rows = pa.table({"event_time": [epoch, START - 31 * DAY, START]})
    writer.append(rows.append_column("n", pa.array([1, 2, 3])), "dead_letters")
    Maintenance(writer).run_once(START)
    assert as_rows(writer.read("dead_letters", ["n"])) == as_rows(pa.table({"n": [1, 3]}))


def test_a_run_is_due_every_hour(writer: DeltaRsWriter) -> None:
    maintenance = Maintenance(writer)
    assert maintenance.due(START)
    maintenance.run_once(START)
    assert [maintenance.due(START + n * HOUR) for n in (0, 1)] == [False, True]


@pytest.mark.slow
def test_a_year_of_commits_reads_like_a_new_table(tmp_path: Path) -> None:
    """A commit every eight hours; a batch reads the last 20 of them."""
    old, new = DeltaRsWriter(f"{tmp_path}/old"), DeltaRsWriter(f"{tmp_path}/new")
    maintenance = Maintenance(old, Retention(profiles=300 * DAY), every=30 * DAY)
    for hour in range(0, 365 * 24, 8):
        now = START + hour * HOUR
        batch = pa.table({"window_start": [now], "window_end": [now + 8 * HOUR], "hour": [hour]})
        old.append(batch, "profiles", writer="q", batch_id=hour)
        if hour >= 365 * 24 - 160:
            new.append(batch, "profiles", writer="q", batch_id=hour)
        if maintenance.due(now):
            maintenance.run_once(now)
    table = f"{tmp_path}/old/profiles"
    _set_aside_a_day(table)
    (done,) = maintenance.run_once(now)
    assert done.removed_files > 1_000
    assert len(hours_of(old)) == 300 * 3 + 2  # both ends included

    log = [name for name in os.listdir(f"{table}/_delta_log") if name.endswith(".json")]
    assert len(log) <= 25  # as many as a new table has between two checkpoints
    assert len(DeltaTable(table).file_uris()) <= 3
    assert len([name for name in os.listdir(table) if name.endswith(".parquet")]) <= 3

    where = [("window_start", ">=", now - 152 * HOUR)]
    expected = as_rows(new.read("profiles", where=where))
    assert as_rows(DeltaRsWriter(f"{tmp_path}/old").read("profiles", where=where)) == expected
    costs = [_cost(f"{tmp_path}/{name}", where) for name in ("old", "new")]
    assert costs[0] <= 1.5 * costs[1]


def _set_aside_a_day(table: str) -> None:
    """Let a day pass for the files and commits of a table."""
    properties = {
        "delta.deletedFileRetentionDuration": "interval 0 seconds",
        "delta.logRetentionDuration": "interval 0 seconds",
    }
    DeltaTable(table).alter.set_table_properties(properties)


def _cost(location: str, where: list[tuple[str, str, datetime]]) -> float:
    """Return the CPU seconds of a batch: open a table, read a slice and append a row; the least of 9."""
    costs = []
    for batch in range(9):
        start = time.process_time()
        writer = DeltaRsWriter(location)
        rows = writer.read("profiles", where=where)
        assert rows is not None
        assert writer.append(rows.slice(0, 1), "profiles", writer="cost", batch_id=batch)
        costs.append(time.process_time() - start)
    return min(costs)

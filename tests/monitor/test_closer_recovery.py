"""A closer that starts, or goes on, from the tables: after a crash, a take-over, or another setting of windows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.comparison import Checks
from sparkmon.distributions.schema import PROFILE_KEY
from sparkmon.errors import CheckpointError
from sparkmon.monitor.closing import Closing
from tests.monitor.closer_desk import MINUTE, SIZE, CloserDesk, desk, traffic
from tests.support.panes import HOUR, MIDNIGHT, panes_of

__all__ = ["desk"]  # the fixture


@pytest.mark.slow
@pytest.mark.parametrize("crash", ["profiles", "alerts", "drift_metrics", "closed_windows", "panes"])
def test_after_a_crash_between_any_two_commits_all_tables_agree(
    desk: Callable[..., CloserDesk], monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    one = desk()
    one.ingest(0, traffic("bank", MIDNIGHT, 50), traffic("shop", MIDNIGHT, 50))
    append, arrived = one.tables.append, []

    def cut(rows: pa.Table, table: str, **more: Any) -> bool:  # noqa: ANN401
        if table == crash:
            arrived.append(table)
            raise ConnectionError("the power went")
        return append(rows, table, **more)

    panes = [traffic(model, MIDNIGHT + hour * HOUR, 90) for model in ("bank", "shop") for hour in (1, 2)]
    monkeypatch.setattr(one.tables, "append", cut)
    with pytest.raises(ConnectionError):
        one.ingest(1, *panes)
    assert arrived == [crash]
    again = desk()
    if crash == "panes":
        again.ingest(1, *panes)
    else:
        again.closer.take(panes[0].slice(0, 0), 1)  # as when the batch is replayed
    again.closer.close_all()
    expected = {(model, float(hour), 1.0): SIZE for model in ("bank", "shop") for hour in range(3)}
    assert again.closed() == expected
    findings = again.rows("drift_metrics")
    keys = [tuple(row[name] for name in (*PROFILE_KEY, "statistic")) for row in findings]
    assert len(keys) == len({*keys}) == 6 * 2 * 2
    alerts = again.rows("alerts")
    assert len({row["alert_id"] for row in alerts}) == len(alerts)
    drifted = {(row["model"], row["window_start"], row["column_name"]) for row in findings if row["status"] == "drift"}
    assert {(row["model"], row["window_start"], row["column_name"]) for row in alerts} == drifted
    assert len(drifted) == 4
    marks = [(row["model"], row["window_start"]) for row in again.rows("closed_windows")]
    assert len(marks) == len({*marks}) == 6


def test_a_failure_in_one_process_is_repaired_when_it_goes_on(
    desk: Callable[..., CloserDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk()
    one.ingest(0, traffic("shop", MIDNIGHT))
    with monkeypatch.context() as failing:
        failing.setattr(Closing, "_mark", lambda *_: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            one.closer.close_all()
    one.closer.close_all()
    assert one.closed() == {("shop", 0, 1): SIZE}
    assert len(one.rows("closed_windows")) == 1


def test_other_lengths_of_windows_go_on_from_the_same_panes(desk: Callable[..., CloserDesk]) -> None:
    desk().ingest(0, traffic("shop", MIDNIGHT), traffic("shop", MIDNIGHT + HOUR, length=5 * MINUTE))
    one = desk(length="10 minutes")
    pane = timedelta(minutes=10)
    columns = {"amount": np.arange(60.0)}
    one.ingest(1, panes_of("shop", MIDNIGHT + 2 * HOUR, columns, length=2 * pane, pane=pane))
    one.closer.close_all()
    assert {(start, round(length * 6)): rows for (_, start, length), rows in one.closed().items()} == {
        (0, 6): SIZE,
        (1, 6): SIZE,
        (2, 1): 30,
        (2 + 1 / 6, 1): 30,
    }


@pytest.mark.slow
def test_a_query_that_takes_over_goes_on_with_the_open_windows(desk: Callable[..., CloserDesk]) -> None:
    one = desk()
    one.ingest(0, traffic("shop", MIDNIGHT), traffic("shop", MIDNIGHT + HOUR, length=30 * MINUTE))
    one.ingest(1, traffic("shop", MIDNIGHT + HOUR + 30 * MINUTE, length=MINUTE, size=10))
    assert one.closed() == {("shop", 0, 1): SIZE}
    other = desk("other")
    # The log is read again: what its windows had is not late, and what was ingested is recognised by digests before.
    other.ingest(0, traffic("shop", MIDNIGHT + 10 * MINUTE, length=MINUTE, size=5))
    other.ingest(1, traffic("shop", MIDNIGHT + HOUR + 40 * MINUTE, length=MINUTE, size=3))
    other.closer.close_all()
    assert other.closed() == {("shop", 0, 1): SIZE, ("shop", 1, 1): SIZE + 13}
    assert other.counters.counts.late_rows == 0
    with pytest.raises(CheckpointError, match="are written by the query other since"):
        one.ingest(2, traffic("shop", MIDNIGHT + 3 * HOUR))
    with pytest.raises(CheckpointError, match="are written by the query other since"):
        one.leases.check(one.tables, ["shop"], "q")


@pytest.mark.slow
def test_gross_drift_of_an_open_window_is_reported_once_and_again_when_it_closes(
    desk: Callable[..., CloserDesk],
) -> None:
    one = desk(provisional=True)
    one.ingest(0, traffic("shop", MIDNIGHT, 50, length=10 * MINUTE))
    assert one.rows("drift_metrics") == []
    one.ingest(1, traffic("shop", MIDNIGHT + 10 * MINUTE, 90, length=20 * MINUTE))
    (early,) = one.rows("drift_metrics")
    assert (early["column_name"], early["status"]) == ("amount", "provisional")
    again = desk(provisional=True)
    again.ingest(2, traffic("shop", MIDNIGHT + 30 * MINUTE, 90, length=20 * MINUTE))
    again.closer.close_all()
    findings = [row for row in again.rows("drift_metrics") if row["column_name"] == "amount"]
    assert sorted(row["status"] for row in findings) == ["drift", "drift", "provisional"]
    states = [row["state"] for row in again.rows("alerts")]
    assert sorted(states) == ["firing", "provisional"]


@pytest.mark.slow
def test_a_finding_is_confirmed_by_the_windows_before_in_another_process(desk: Callable[..., CloserDesk]) -> None:
    for hour, mean in enumerate((50, 54, 54)):
        one = desk(checks=Checks(("ks",)))
        one.ingest(hour, traffic("shop", MIDNIGHT + hour * HOUR, mean, size=2000))
        one.closer.close_all()
    rows = [row for row in one.rows("drift_metrics") if row["column_name"] == "amount"]
    rows.sort(key=lambda row: row["window_start"])
    assert [(row["status"], row["confirmed"]) for row in rows] == [("ok", False), ("drift", False), ("drift", True)]


def test_what_a_query_had_ingested_and_not_closed_is_closed_by_the_one_that_takes_over(
    desk: Callable[..., CloserDesk],
) -> None:
    one = desk()
    one.ingest(0, traffic("shop", MIDNIGHT), crash=True)
    one.ingest(1, traffic("shop", MIDNIGHT + HOUR), traffic("bank", MIDNIGHT), crash=True)
    other = desk("other")
    other.closer.first_open()
    # All events of the log are recognised: its first batch has models, and no panes.
    other.leases.acquire(other.tables, ["shop", "bank"], "other")
    other.closer.take(traffic("shop", MIDNIGHT).slice(0, 0), 0)
    assert other.closed() == {("shop", 0, 1): SIZE}
    other.closer.close_all()
    assert other.closed() == {("shop", 0, 1): SIZE, ("shop", 1, 1): SIZE, ("bank", 0, 1): SIZE}

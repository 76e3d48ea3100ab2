"""Windows close by their model's own clock, each once, from the tables alone; no Spark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.alerts import Alerting, AlertManager
from sparkmon.comparison import Checks, Judge
from sparkmon.distributions.schema import PROFILE_KEY
from sparkmon.errors import CheckpointError
from sparkmon.health import Counters
from sparkmon.monitor.closer import Closer
from sparkmon.monitor.closing import Closing
from sparkmon.monitor.leases import Leases
from sparkmon.monitor.windows import Windows
from sparkmon.state import INGESTED_PANES
from sparkmon.tables import Tables, TableWriter
from tests.support.panes import HOUR, MIDNIGHT, micros, panes_of, reference_table

RANDOM = np.random.default_rng(8)
TRAINING = {"amount": RANDOM.normal(50, 10, 3000), "age": RANDOM.normal(40, 5, 3000)}
SIZE = 600
MINUTE = timedelta(minutes=1)


class Desk:
    """A monitor's closer over tables, as one query of it sees them."""

    def __init__(self, path: Path, windows: Windows, checks: Checks, query_id: str = "q") -> None:
        self.tables: TableWriter = Tables(f"{path}/tables").open(None)
        self.windows, self.query_id, self.counters = windows, query_id, Counters()
        references = pa.concat_tables(
            [reference_table(model, TRAINING) for model in ("shop", "bank")]
        )
        lengths = [windows.length, *windows.longer]
        judge = Judge(references, checks, step_s=windows.step.total_seconds(), lengths=lengths)
        self.alerts = AlertManager(Alerting(()))
        self.alerts.open(self.tables, ())
        seconds = [windows.grid.length / 1e6, *(each / 1e6 for each in windows.longer_us)]
        self.leases = Leases(seconds, f"/{query_id}", take_over=query_id != "q")
        self.closer = Closer(
            self.tables, windows, judge, self.alerts, self.counters, self.leases, query_id
        )

    def ingest(self, batch_id: int, *panes: pa.Table, crash: bool = False) -> None:
        """Write panes as the query does, and have them taken."""
        together = pa.concat_tables(panes)
        self.closer.first_open()
        models = {*together["model"].to_pylist()}
        self.leases.acquire(self.tables, models, self.query_id)
        batch = together
        for name, value in (("query_id", self.query_id), ("batch_id", batch_id)):
            batch = batch.append_column(name, pa.array([value] * batch.num_rows))
        self.tables.append(
            batch.cast(INGESTED_PANES), "panes", writer=self.query_id, batch_id=batch_id
        )
        if not crash:
            self.closer.take(together, batch_id)

    def rows(self, table: str) -> list[dict[str, Any]]:
        read = self.tables.read(table)
        return [] if read is None else read.to_pylist()

    def closed(self, table: str = "profiles") -> dict[tuple[str, float, float], int]:
        """Count the rows of ``amount`` by model, start and length in hours of the windows in a table."""
        windows = {}
        for row in self.rows(table):
            if row["column_name"] == "amount" and row["column_kind"] == "feature":
                start, end = row["window_start"], row["window_end"]
                key = row["model"], (start - MIDNIGHT) / HOUR, (end - start) / HOUR
                assert key not in windows, "a window closed twice"
                windows[key] = row["profile"]["count"]
        return windows


@pytest.fixture
def desk(tmp_path: Path) -> Callable[..., Desk]:
    def make(query_id: str = "q", checks: Checks | None = None, **windows: Any) -> Desk:  # noqa: ANN401
        chosen = Windows(**{"length": "1 hour", "delay": "10 minutes", "k": 4000} | windows)
        return Desk(tmp_path, chosen, checks or Checks(("ks", "psi")), query_id)

    return make


def traffic(
    model: str, start: datetime, mean: float = 50, *, length: timedelta = HOUR, size: int = SIZE
) -> pa.Table:
    columns = {"amount": RANDOM.normal(mean, 10, size), "age": RANDOM.normal(40, 5, size)}
    return panes_of(model, start, columns, length=length)


def test_a_window_closes_once_an_event_of_its_model_is_later_than_the_delay(
    desk: Callable[..., Desk],
) -> None:
    one = desk()
    one.ingest(0, traffic("shop", MIDNIGHT))
    one.ingest(1, traffic("shop", MIDNIGHT + HOUR, length=9 * MINUTE))
    assert one.closed() == {}
    one.ingest(2, traffic("shop", MIDNIGHT + HOUR, length=11 * MINUTE, size=60))
    assert one.closed() == {("shop", 0, 1): SIZE}
    assert {row["status"] for row in one.rows("drift_metrics")} == {"ok"}
    (mark,) = one.rows("closed_windows")
    assert (mark["requests"], mark["responses"], mark["batch_id"]) == (SIZE, 0, 2)


def test_of_two_models_an_hour_apart_no_row_is_late(desk: Callable[..., Desk]) -> None:
    one = desk()
    for hour in range(4):
        ahead = traffic("shop", MIDNIGHT + (hour + 1) * HOUR)
        behind = traffic("bank", MIDNIGHT + hour * HOUR)
        one.ingest(hour, ahead, behind)
    one.closer.close_all()
    expected = {("shop", float(hour + 1), 1.0): SIZE for hour in range(4)}
    expected |= {("bank", float(hour), 1.0): SIZE for hour in range(4)}
    assert one.closed() == expected
    assert one.counters.late_rows == 0


def test_a_model_that_posts_an_hour_late_within_its_delay_loses_nothing(
    desk: Callable[..., Desk],
) -> None:
    one = desk(delay="90 minutes")
    for hour in range(5):
        now = MIDNIGHT + hour * HOUR
        late = traffic("bank", now - HOUR, length=59 * MINUTE)
        one.ingest(
            hour,
            *(
                traffic("shop", now + at * 10 * MINUTE, length=10 * MINUTE, size=10)
                for at in range(6)
            ),
            late,
        )
    one.closer.close_all()
    assert {key: rows for key, rows in one.closed().items() if key[0] == "bank"} == {
        ("bank", hour - 1.0, 1.0): SIZE for hour in range(5)
    }
    assert one.counters.late_rows == 0


def test_late_rows_are_counted_exactly_and_leave_the_window_as_it_was(
    desk: Callable[..., Desk],
) -> None:
    one = desk()
    one.ingest(0, traffic("shop", MIDNIGHT), traffic("shop", MIDNIGHT + HOUR))
    before = one.closed()
    assert before == {("shop", 0, 1): SIZE}
    one.ingest(1, traffic("shop", MIDNIGHT + 20 * MINUTE, length=MINUTE, size=7))
    # The window is open still, although its own event time is behind the watermark.
    one.ingest(2, traffic("shop", MIDNIGHT + HOUR, length=MINUTE, size=5))
    assert (one.counters.late_rows, one.counters.rows) == (7, 2 * SIZE + 12)
    again = desk()
    again.closer.close_all()
    assert again.closed() == before | {("shop", 1, 1): SIZE + 5}
    assert again.counters.late_rows == 0  # counted before


def test_an_idle_model_closes_by_the_clock_and_not_before_the_log_is_read(
    desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
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
    assert one.counters.late_rows == 0


@pytest.mark.parametrize(
    "crash", ["profiles", "alerts", "drift_metrics", "closed_windows", "panes"]
)
def test_after_a_crash_between_any_two_commits_all_tables_agree(
    desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    one = desk()
    one.ingest(0, traffic("bank", MIDNIGHT, 50), traffic("shop", MIDNIGHT, 50))
    append, arrived = one.tables.append, []

    def cut(rows: pa.Table, table: str, **more: Any) -> bool:  # noqa: ANN401
        if table == crash:
            arrived.append(table)
            raise ConnectionError("the power went")
        return append(rows, table, **more)

    panes = [
        traffic(model, MIDNIGHT + hour * HOUR, 90) for model in ("bank", "shop") for hour in (1, 2)
    ]
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
    drifted = {
        (row["model"], row["window_start"], row["column_name"])
        for row in findings
        if row["status"] == "drift"
    }
    assert {(row["model"], row["window_start"], row["column_name"]) for row in alerts} == drifted
    assert len(drifted) == 4
    marks = [(row["model"], row["window_start"]) for row in again.rows("closed_windows")]
    assert len(marks) == len({*marks}) == 6


def test_a_failure_in_one_process_is_repaired_when_it_goes_on(
    desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
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


def test_windows_that_overlap_share_panes(desk: Callable[..., Desk]) -> None:
    one = desk(length="1 hour", slide="20 minutes")
    pane = timedelta(minutes=20)
    columns = {"amount": np.arange(300.0)}
    one.ingest(0, panes_of("shop", MIDNIGHT, columns, length=5 * pane, pane=pane))
    one.closer.close_all()
    starts = {round(start * 3): rows for (_, start, _), rows in one.closed().items()}
    # By hand: 60 rows in each 20 minutes from 00:00 to 01:40.
    assert starts == {-2: 60, -1: 120, 0: 180, 1: 180, 2: 180, 3: 120, 4: 60}


def test_longer_windows_are_judged_when_their_last_window_has_closed(
    desk: Callable[..., Desk],
) -> None:
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


def test_other_lengths_of_windows_go_on_from_the_same_panes(desk: Callable[..., Desk]) -> None:
    desk().ingest(0, traffic("shop", MIDNIGHT), traffic("shop", MIDNIGHT + HOUR, length=5 * MINUTE))
    one = desk(length="10 minutes")
    pane = timedelta(minutes=10)
    columns = {"amount": np.arange(60.0)}
    one.ingest(1, panes_of("shop", MIDNIGHT + 2 * HOUR, columns, length=2 * pane, pane=pane))
    one.closer.close_all()
    assert {
        (start, round(length * 6)): rows for (_, start, length), rows in one.closed().items()
    } == {
        (0, 6): SIZE,
        (1, 6): SIZE,
        (2, 1): 30,
        (2 + 1 / 6, 1): 30,
    }


def test_a_query_that_takes_over_goes_on_with_the_open_windows(desk: Callable[..., Desk]) -> None:
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
    assert other.counters.late_rows == 0
    with pytest.raises(CheckpointError, match="are written by the query other since"):
        one.ingest(2, traffic("shop", MIDNIGHT + 3 * HOUR))
    with pytest.raises(CheckpointError, match="are written by the query other since"):
        one.leases.check(one.tables, ["shop"], "q")


def test_gross_drift_of_an_open_window_is_reported_once_and_again_when_it_closes(
    desk: Callable[..., Desk],
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


def test_a_finding_is_confirmed_by_the_windows_before_in_another_process(
    desk: Callable[..., Desk],
) -> None:
    for hour, mean in enumerate((50, 54, 54)):
        one = desk(checks=Checks(("ks",)))
        one.ingest(hour, traffic("shop", MIDNIGHT + hour * HOUR, mean, size=2000))
        one.closer.close_all()
    rows = [row for row in one.rows("drift_metrics") if row["column_name"] == "amount"]
    rows.sort(key=lambda row: row["window_start"])
    assert [(row["status"], row["confirmed"]) for row in rows] == [
        ("ok", False),
        ("drift", False),
        ("drift", True),
    ]


def test_panes_are_summed_over_batches(desk: Callable[..., Desk]) -> None:
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

"""Alerts on the monitor's own health reach the sinks while the tables cannot be written, and are recorded later."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sparkmon.alerts import Alerting, AlertManager, AlertStore
from sparkmon.alerts.schema import OBSERVATIONS
from sparkmon.errors import StoreError
from sparkmon.tables import Condition
from sparkmon.tables.delta_rs_writer import DeltaRsWriter
from tests.support.findings import NOON, findings, hour
from tests.support.ledger import Ledger


class Failing(DeltaRsWriter):
    """Tables whose storage fails or hangs."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.fails, self.loses_answers = False, False
        self.works = threading.Event()
        self.works.set()

    def _suffer(self) -> None:
        if not self.works.wait(60) or self.fails:
            raise StoreError("got no answer from the storage; expected one; see whether it is up")

    def append(self, rows: pa.Table, table: str, **batch: Any) -> bool:  # noqa: ANN401
        self._suffer()
        appended = super().append(rows, table, **batch)
        if self.loses_answers and table == "alerts":
            self.loses_answers = False
            raise StoreError("got no answer from the storage; expected one; see whether it is up")
        return appended

    def read(
        self, table: str, columns: Sequence[str] | None = None, where: Sequence[Condition] = ()
    ) -> pa.Table | None:
        self._suffer()
        return super().read(table, columns, where)

    def version(self, table: str) -> int | None:
        self._suffer()
        return super().version(table)


@pytest.fixture
def tables(tmp_path: Path) -> Failing:
    return Failing(str(tmp_path))


def opened(tables: Failing, ledger: Ledger) -> AlertManager:
    alerts = AlertManager(Alerting([ledger]))
    alerts.open(tables, ["health"])
    return alerts


def stalled(minute: int, *, failing: bool = True) -> list[dict[str, Any]]:
    """Return what a check of the monitor's health observes in a minute."""
    end = NOON + minute * timedelta(minutes=1)
    row = dict.fromkeys(OBSERVATIONS.names) | {
        **{"alert_id": f"stalled at {minute}", "incident_id": "stalled", "model": ":monitor"},
        **{"model_version": "", "window_start": end - timedelta(seconds=5), "window_end": end},
        **{"column_name": "stalled", "column_kind": "monitor", "drift_type": "HEALTH"},
        **{"reference": "", "statistics": ["stalled"], "statistic": "stalled"},
        **{"value": 700.0, "threshold": 600.0, "reason": "", "severity": "critical"},
        **{"status": "over_limit" if failing else "ok", "outcome": "drift" if failing else "ok"},
        "message": "the monitor has stalled" if failing else "the monitor is processing again",
    }
    return [row]


def until(holds: Callable[[], bool]) -> bool:
    """Wait until something holds; return whether it does."""
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def recorded(tables: Failing) -> list[tuple[str, str]]:
    rows = AlertStore(DeltaRsWriter(tables.location)).alerts()
    return sorted((row["alert_id"], row["state"]) for row in rows)


def test_the_monitor_has_stalled_is_sent_while_the_storage_fails_and_recorded_after(tables: Failing) -> None:
    ledger = Ledger()
    alerts = opened(tables, ledger)
    tables.fails = True
    with pytest.raises(StoreError):  # what has stalled it
        alerts.process(findings(hour(0)), {"taxi": NOON}, writer="q")
    alerts.process_observations(stalled(10), writer="health")
    assert until(lambda: len(ledger.notifications) == 1)
    assert ledger.notifications[0].lines == ("critical: the monitor has stalled",)
    assert alerts.is_unsettled("stalled")
    alerts.process_observations(stalled(20), writer="health")  # it still does, which is no news
    assert recorded(tables) == []
    tables.fails = False
    assert until(lambda: len(recorded(tables)) == 2)
    for minute in (21, 22):
        alerts.process_observations(stalled(minute, failing=False), writer="health")
    assert alerts.close(drain=True) == 0
    states = [state for _, state in recorded(tables)]
    assert states == ["firing", "firing", "recovering", "resolved"]
    assert [note.state for note in ledger.notifications] == ["firing", "resolved"]


@pytest.mark.slow
def test_it_is_sent_while_the_storage_hangs(tables: Failing) -> None:
    ledger = Ledger()
    alerts = opened(tables, ledger)
    tables.works.clear()

    def close_a_window() -> None:
        alerts.process(findings(hour(0)), {"taxi": NOON}, writer="q")

    closing = threading.Thread(target=close_a_window)
    closing.start()
    checking = threading.Thread(target=lambda: alerts.process_observations(stalled(10), writer="health"))
    checking.start()
    try:
        assert until(lambda: len(ledger.notifications) == 1)
        assert closing.is_alive()
    finally:
        tables.works.set()
        closing.join()
        checking.join()
    assert until(lambda: ("stalled at 10", "firing") in recorded(tables))
    alerts.close()


@pytest.mark.slow
def test_a_write_whose_answer_was_lost_is_not_repeated(tables: Failing) -> None:
    ledger = Ledger()
    alerts = opened(tables, ledger)
    tables.loses_answers = True
    alerts.process_observations(stalled(10), writer="health")
    assert until(lambda: not tables.loses_answers)
    alerts.process_observations(stalled(11, failing=False), writer="health")
    assert until(lambda: len(recorded(tables)) >= 2)
    alerts.close(drain=True)
    assert recorded(tables) == [("stalled at 10", "firing"), ("stalled at 11", "recovering")]


def test_a_monitor_that_ends_while_the_storage_fails_sends_first(tables: Failing) -> None:
    ledger = Ledger()
    alerts = opened(tables, ledger)
    tables.fails = True
    alerts.process_observations(stalled(10), writer="health")
    alerts.close()
    assert [note.lines for note in ledger.notifications] == [("critical: the monitor has stalled",)]


def test_a_silence_holds_for_them(tables: Failing) -> None:
    ledger = Ledger()
    alerts = opened(tables, ledger)
    now = datetime.now(timezone.utc)
    AlertStore(DeltaRsWriter(tables.location)).write_action(
        **{"action": "silence", "action_id": "a", "model": ":monitor", "column_name": "*"},
        **{"slice": "*", "severity": "info", "start_time": now, "end_time": now + timedelta(hours=1)},
        **{"by": "me", "comment": ""},
    )
    alerts.process_observations(stalled(10), writer="health")
    alerts.close(drain=True)
    assert ledger.notifications == []
    (row,) = AlertStore(tables).alerts()
    assert row["suppressed_by"] == "silenced"


def test_a_clock_that_is_set_back_mutes_neither_a_failure_nor_its_end(tables: Failing) -> None:
    ledger = Ledger()
    alerts = opened(tables, ledger)
    day = 24 * 60
    for minute, failing in ((10 * day, True), (0, False), (1, False), (200, True), (300, False), (301, False)):
        alerts.process_observations(stalled(minute, failing=failing), writer="health")
    alerts.close(drain=True)
    assert [state for _, state in recorded(tables)].count("resolved") == 2
    assert [note.state for note in ledger.notifications] == ["firing", "resolved"]  # and a cool-down

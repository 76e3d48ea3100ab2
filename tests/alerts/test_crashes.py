"""A process that dies at any write or delivery: the next one decides the same, once, and each sink hears all of it."""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sparkmon.alerts import Alerting, AlertManager, AlertStore, Policy
from sparkmon.sinks import AlertSink, Notification
from sparkmon.tables.delta_rs_writer import DeltaRsWriter
from tests.alerts.test_health_alerts import until
from tests.support.findings import HOUR, NOON, findings, hour

OK = {"status": "ok", "value": 0.02}
HOURS: list[dict[str, Any]] = [{}, OK, OK]
SINKS = ("pager", "log")
AT_ONCE = len(SINKS) * 2
DELIVERIES = AT_ONCE * 2
"""Both models fire in the first hour and resolve in the last one."""


class DiedError(Exception):
    """The process is no more."""


class Machine:
    """What a process does to the world outside, until it dies before or after one of the steps."""

    def __init__(self, lives: int, *, after: bool) -> None:
        self.lives, self.after, self.is_dead = lives, after, False

    def step(self) -> bool:
        """Return whether the step is taken; it is the last one if the process dies after it."""
        if self.is_dead:
            raise DiedError
        self.lives -= 1
        self.is_dead = self.lives < 0
        if self.is_dead and not self.after:
            raise DiedError
        return not self.is_dead


class MortalTables(DeltaRsWriter):
    """Tables of a process that may die at a commit."""

    def __init__(self, location: str, machine: Machine) -> None:
        super().__init__(location)
        self.machine = machine

    def append(self, rows: pa.Table, table: str, **batch: Any) -> bool:  # noqa: ANN401
        lives_on = self.machine.step()
        appended = super().append(rows, table, **batch)
        if not lives_on:
            raise DiedError
        return appended


class MortalSink(AlertSink):
    """A sink of a process that may die at a delivery."""

    kind = "mortal"

    def __init__(self, name: str, machine: Machine, messages: Counter[tuple[str, ...]]) -> None:
        super().__init__(name)
        self.machine, self.messages = machine, messages

    def deliver(self, notification: Notification) -> None:
        lives_on = self.machine.step()
        self.messages[self.name, notification.model, notification.state, notification.notification_id] += 1
        if not lives_on:
            raise DiedError


def run(path: Path, machine: Machine, messages: Counter[tuple[str, ...]], first: int) -> int:
    """Close hours from one on; return the first that was not closed when the process died."""
    alert_manager = AlertManager(Alerting([MortalSink(name, machine, messages) for name in SINKS], Policy()))
    at = first
    try:
        alert_manager.open(MortalTables(str(path), machine), ["q"])
        dispatcher = alert_manager.dispatcher
        assert dispatcher is not None
        for at in range(first, len(HOURS)):
            models = ("taxi", "van")
            closing = findings(*(hour(at, model=model, **HOURS[at]) for model in models))
            alert_manager.process(closing, dict.fromkeys(models, NOON + (at + 1) * HOUR), writer="q")
            until(lambda: machine.is_dead or not any(dispatcher.waiting.values()))
            dispatcher.drain(0)  # writes down what was delivered
            if machine.is_dead:
                return at
        return len(HOURS)
    except DiedError:
        return at
    finally:
        alert_manager.close()


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_process_may_die_before_and_after_each_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    monkeypatch.setattr("sparkmon.alerts.sink_worker._POLL_S", 0.01)
    expected: Counter[tuple[str, ...]] = Counter()
    assert run(tmp_path / "expected", Machine(10**6, after=False), expected, 0) == len(HOURS)
    assert (len(expected), expected.total()) == (DELIVERIES, DELIVERIES)
    decisions = Counter(row["alert_id"] for row in AlertStore(DeltaRsWriter(str(tmp_path / "expected"))).alerts())
    for lives in range(12):
        path, messages = tmp_path / f"{lives}", Counter[tuple[str, ...]]()
        at = run(path, Machine(lives, after=after), messages, 0)
        # Windows that were closing when it died close again.
        assert run(path, Machine(10**6, after=False), messages, min(at, len(HOURS) - 1)) == len(HOURS)
        assert messages.keys() == expected.keys()
        assert messages.total() <= DELIVERIES + AT_ONCE
        assert Counter(row["alert_id"] for row in AlertStore(DeltaRsWriter(str(path))).alerts()) == decisions

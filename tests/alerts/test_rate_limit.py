"""What a sink is sent when more notifies than its limit allows."""

from pathlib import Path
from typing import Any

import pytest

from sparkmon.alerts import Alerting, AlertManager, AlertStore, Policy, Route
from sparkmon.alerts.health import MONITOR, HealthCheck
from sparkmon.tables import Tables, TableWriter
from tests.alerts.test_alert_manager import OK, after, opened
from tests.alerts.test_two_monitors import Clock
from tests.support.findings import HOUR, NOON, findings, hour
from tests.support.ledger import Ledger

CRITICAL = {"value": 0.6}
"""Six times the threshold."""
WARNING = {"value": 0.3}


@pytest.fixture
def tables(tmp_path: Path) -> TableWriter:
    return Tables(str(tmp_path)).open()


def broken(alert_manager: AlertManager, at: int, models: int, strength: dict[str, Any], writer: str = "q") -> None:
    """Close an hour in which the pipeline of many models is broken."""
    names = [f"model {number:02}" for number in range(models)]
    table = findings(*(hour(at, model=name, **strength) for name in names))
    ends = {name: NOON + (at + 1) * HOUR for name in names}
    alert_manager.process(table, ends, writer=writer)


def test_of_thirty_broken_models_one_summary_names_those_that_are_held_back(tables: TableWriter) -> None:
    ledger = Ledger()
    alert_manager = opened(tables, ledger)
    for at in range(3):
        broken(alert_manager, at, 30, WARNING)
    assert alert_manager.close(drain=True) == 0
    models = [note.model for note in ledger.notifications]
    assert (len(models), len({*models} - {MONITOR})) == (21, 20)
    (summary,) = [note.alerts[0] for note in ledger.notifications if note.model == MONITOR]
    held = sorted({f"model {number:02}" for number in range(30)} - {*models})
    assert summary.message == (
        f"10 alerts are not sent yet, of {', '.join(held)}, because the sink ledger gets at most 20 critical "
        "and as many other notifications in 1 hour: see the table alerts"
    )
    assert (summary.severity, summary.value) == ("warning", 10)


def test_critical_alerts_and_those_of_the_monitor_have_room_when_others_fill_the_limit(tables: TableWriter) -> None:
    ledger = Ledger()
    alert_manager = opened(tables, ledger, max_notifications=2, resolve_after=1)
    broken(alert_manager, 0, 5, WARNING)
    alert_manager.process(findings({"model": "fraud", **CRITICAL}), after(1, "fraud"), writer="q")
    stalled = HealthCheck("stalled", True, "critical", 1.0, 1.0, "the monitor has stalled")
    row = stalled.row("owner", NOON, NOON + HOUR)
    alert_manager.process_observations([row], writer="owner/health")
    assert alert_manager.close(drain=True) == 0
    sent = [(note.model, note.severity) for note in ledger.notifications]
    assert sent[-2:] == [("fraud", "critical"), (MONITOR, "critical")]
    assert len(sent) == 2 + 1 + 2
    assert ledger.alerts[-1].message == "the monitor has stalled"


def test_the_highest_severity_comes_first(tables: TableWriter) -> None:
    """Critical ones have a limit of their own; of the others, warnings come before what is only to be known."""
    ledger = Ledger()
    alert_manager = opened(tables, ledger, max_notifications=3)
    extra = {"statistic": "extra_column", "column_name": "new"}  # info
    rows = [{"model": f"m{number}", **(extra if number % 2 else {})} for number in range(6)]
    strengths = [WARNING, WARNING, WARNING, {}, WARNING, {}]
    table = findings(*(row | each for row, each in zip(rows, strengths, strict=True)))
    alert_manager.process(table, {f"m{number}": NOON + HOUR for number in range(6)}, writer="q")
    assert alert_manager.close(drain=True) == 0
    sent = [note.model for note in ledger.notifications if note.model != MONITOR]
    assert sorted(sent) == ["m0", "m2", "m4"]


def test_what_was_held_back_is_notified_later_and_by_the_next_process(tables: TableWriter) -> None:
    ledger = Ledger()
    alert_manager = opened(tables, ledger, max_notifications=2)
    broken(alert_manager, 0, 4, WARNING)
    assert alert_manager.close(drain=True) == 0
    first = {note.model for note in ledger.notifications}
    assert len(first) == 3  # two models, and the summary
    # An hour later, in another process.
    alert_manager = opened(tables, ledger, max_notifications=2, rate_limit_interval=0 * HOUR)
    broken(alert_manager, 1, 4, WARNING)
    broken(alert_manager, 2, 4, WARNING | OK)
    broken(alert_manager, 3, 4, WARNING | OK)
    assert alert_manager.close(drain=True) == 0
    firing = [note.model for note in ledger.notifications if note.state == "firing"]
    assert sorted(firing) == [MONITOR, *(f"model {number:02}" for number in range(4))]
    resolved = [note.alerts[0] for note in ledger.notifications if note.model == MONITOR][1:]
    assert [each.state for each in resolved] == ["resolved"]
    assert resolved[0].message == "the rate limit keeps no alerts from the sink ledger any more"


def test_the_limit_of_one_monitor_is_not_used_up_by_another(tables: TableWriter) -> None:
    ledger = Ledger()
    for writer in ("q", "r"):
        alert_manager = AlertManager(Alerting([ledger], Policy(max_notifications=3)))
        alert_manager.open(tables, [writer])
        names = [f"{writer}{number}" for number in range(3)]
        table = findings(*({"model": name, **WARNING} for name in names))
        alert_manager.process(table, dict.fromkeys(names, NOON + HOUR), writer=writer)
        alert_manager.close(drain=True)
    assert len(ledger.notifications) == 6
    assert {row["suppressed_by"] for row in AlertStore(tables).alerts()} == {None}


def test_looks_at_open_windows_do_not_repeat_what_is_held_back(tables: TableWriter) -> None:
    alert_manager = opened(tables, Ledger(), max_notifications=2)
    broken(alert_manager, 0, 4, WARNING)
    rows = len(AlertStore(tables).alerts())
    for at in range(3):
        assert alert_manager.process(findings(hour(at, **OK)), {}, writer="q") == 0
    alert_manager.close(drain=True)
    assert len(AlertStore(tables).alerts()) == rows


def test_each_sink_gets_what_its_own_limit_allows_and_a_summary_of_the_rest(tables: TableWriter) -> None:
    """The pager has room for two models, which are broken first; the log is sent all that comes after them."""
    pager, log = Ledger(name="pager"), Ledger(name="log")
    routes = (Route(severity="critical", sinks=("pager",)), Route(model="m*", severity="critical", sinks=("log",)))
    policy: dict[str, Any] = {"max_notifications": 2, "resolve_after": 1, "routes": routes}
    alert_manager = opened(tables, pager, log, **policy)
    alert_manager.process(findings(*({"model": name, **CRITICAL} for name in ("a", "b"))), {}, writer="q")
    broken(alert_manager, 0, 2, CRITICAL)
    assert alert_manager.close(drain=True) == 0
    names = ["model 00", "model 01"]
    assert sorted(note.model for note in log.notifications) == names
    assert sorted(note.model for note in pager.notifications) == [MONITOR, "a", "b"]
    assert pager.alerts[-1].message.startswith("2 alerts are not sent yet, of model 00, model 01, because the sink pag")
    rows = [row for row in AlertStore(tables).alerts() if row["model"] in names]
    assert [(row["sinks"], row["limited_sinks"]) for row in rows] == [(["log"], ["pager"])] * 2

    # When there is room, in another process: the pager is sent what it lacks, and the log nothing twice.
    alert_manager = opened(tables, pager, log, **policy | {"rate_limit_interval": 0 * HOUR})
    broken(alert_manager, 1, 2, CRITICAL)
    assert alert_manager.drain() == 0
    assert len(log.notifications) == 2
    news = [(note.model, note.state) for note in pager.notifications[3:]]
    assert sorted(news) == [(MONITOR, "resolved"), ("model 00", "firing"), ("model 01", "firing")]

    # All that know of an incident hear of its end, although no route matches a window that is ok.
    broken(alert_manager, 2, 2, OK)
    assert alert_manager.close(drain=True) == 0
    for ledger in (pager, log):
        over = [(note.model, note.state, note.severity) for note in ledger.notifications[-2:]]
        assert sorted(over) == [(name, "resolved", "critical") for name in names]


def test_what_was_sent_before_the_clock_was_set_back_does_not_use_up_the_limit(
    tables: TableWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, ledger = Clock(monkeypatch), Ledger()
    clock.now = NOON + 365 * 24 * HOUR
    for at in range(2):
        alert_manager = opened(tables, ledger, max_notifications=2)
        for each in range(2):
            table = findings({"model": f"model {at} {each}", **WARNING})
            alert_manager.process(table, after(1, f"model {at} {each}"), writer="q")
        assert alert_manager.close(drain=True) == 0
        clock.now = NOON
    assert [note.model for note in ledger.notifications] == ["model 0 0", "model 0 1", "model 1 0", "model 1 1"]


def test_the_summary_ends_after_the_clock_was_set_back(tables: TableWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, ledger = Clock(monkeypatch), Ledger()
    clock.now = NOON + 365 * 24 * HOUR
    alert_manager = opened(tables, ledger, max_notifications=1, resolve_after=1)
    broken(alert_manager, 0, 2, WARNING)
    clock.now = NOON
    broken(alert_manager, 1, 2, WARNING)
    assert alert_manager.close(drain=True) == 0
    assert sorted((note.model, note.state) for note in ledger.notifications) == [
        *((MONITOR, "firing"), (MONITOR, "resolved"), ("model 00", "firing"), ("model 01", "firing"))
    ]

"""Two monitors on one set of tables: neither ends nor sends what is the other's."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from sparkmon.alerts import Alerting, AlertManager, AlertStore, Policy, alert_manager as alert_manager_module
from sparkmon.alerts.health import MONITOR, HealthCheck
from sparkmon.tables import Tables, TableWriter
from tests.alerts.test_alert_manager import DOWN, OK, after, rows_of
from tests.support.findings import NOON, findings, hour
from tests.support.ledger import Ledger


@pytest.fixture
def tables(tmp_path: Path) -> TableWriter:
    return Tables(str(tmp_path)).open()


class Clock:
    """The time of the process, as a test sets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        monkeypatch.setattr(alert_manager_module, "_now", lambda: self.now)


def test_a_monitor_ends_only_incidents_of_models_that_it_holds(
    tables: TableWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, ledgers = Clock(monkeypatch), {"q": Ledger(), "r": Ledger()}
    for query, model in (("q", "taxi"), ("r", "van")):
        alert_manager = AlertManager(Alerting([ledgers[query]]))
        alert_manager.open(tables, [query])
        alert_manager.process(findings({"model": model}), after(1, model), writer=query)
        alert_manager.close(drain=True)
    # A new process of the second monitor reads the incident of the first, whose model closes no windows here.
    again = AlertManager(Alerting([ledgers["r"]]))
    again.open(tables, ["r"])
    assert again.open_incidents == {("van", "critical"): 1}
    clock.now += timedelta(days=9)
    again.process(findings(hour(1, model="van")), after(2, "van"), writer="r")
    again.close(drain=True)
    assert [note.model for note in ledgers["r"].notifications] == ["van"]
    assert [note.state for note in ledgers["q"].notifications] == ["firing"]


def test_a_model_that_is_acquired_does_not_make_the_others_wait_anew(
    tables: TableWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, ledger = Clock(monkeypatch), Ledger()
    alert_manager = AlertManager(Alerting([ledger]))
    alert_manager.open(tables, ["q"])
    alert_manager.process(findings({}), after(1), writer="q")
    for at in range(5):
        clock.now += timedelta(hours=6)
        alert_manager.hold("q", {f"van {at}": ["former"]})
        quiet = findings(hour(at, model="van", **OK))
        alert_manager.process(quiet, after(at + 1, "van"), writer="q")
    alert_manager.close(drain=True)
    assert [note.state for note in ledger.notifications] == ["firing", "resolved"]


def test_who_takes_models_over_ends_their_incidents_and_sends_what_is_undelivered_of_them(tables: TableWriter) -> None:
    alert_manager = AlertManager(Alerting([Ledger(DOWN)]))
    alert_manager.open(tables, ["q"])
    table = findings({}, {"model": "van"})
    alert_manager.process(table, after(1) | after(1, "van"), writer="q")
    assert alert_manager.close() == 2
    ledger = Ledger()
    alert_manager = AlertManager(Alerting([ledger], Policy(resolve_after=1)))
    alert_manager.open(tables, ["r"])
    assert alert_manager.drain() == 0
    assert (ledger.notifications, alert_manager.open_incidents) == ([], {})
    alert_manager.hold("r", {"taxi": ["q"], "bus": []})
    alert_manager.process(findings(hour(1, **OK)), after(2), writer="r")
    assert alert_manager.close(drain=True) == 0
    assert [(note.model, note.state) for note in ledger.notifications] == [("taxi", "firing"), ("taxi", "resolved")]
    assert AlertStore(tables).incidents().keys() == {row["incident_id"] for row in rows_of(tables)}


def test_who_takes_over_ends_the_health_incidents_of_the_monitor_that_died(tables: TableWriter) -> None:
    """It was stalled, kept alerts back, and says once more that it has stalled after it was taken over."""

    def check(alert_manager: AlertManager, query: str, *checks: HealthCheck) -> None:
        now = datetime.now(timezone.utc)
        rows = [each.row(f"/{query}", now - timedelta(seconds=5), now) for each in checks]
        alert_manager.process_observations(rows, writer=query)

    def states() -> list[tuple[str, str]]:
        return sorted((each.column_name, each.state) for each in ledger.alerts if each.model == MONITOR)

    ledger, policy = Ledger(), Policy(max_notifications=1, cool_down=timedelta())
    stalled = HealthCheck("stalled", True, "critical", 1.0, 1.0, "the monitor has stalled")
    former = AlertManager(Alerting([ledger], policy))
    former.open(tables, ["q"])
    former.process(findings({}, {"model": "van"}), after(1) | after(1, "van"), writer="q")
    check(former, "q", stalled)
    former.close(drain=True)
    assert states() == [("rate_limited ledger", "firing"), ("stalled", "firing")]

    # Another one takes over one of its models, and then all.
    alert_manager = AlertManager(Alerting([ledger], policy))
    alert_manager.open(tables, ["r"])
    alert_manager.hold("r", {"taxi": ["q"], MONITOR: []})
    alert_manager.process(findings({}), {}, writer="r")
    check(alert_manager, "r")
    assert alert_manager.drain() == 0
    assert len(states()) == 2
    alert_manager.hold("r", {"van": ["q"], MONITOR: ["q"]})
    check(alert_manager, "r")
    assert alert_manager.drain() == 0
    over = [each for each in ledger.alerts if each.state == "resolved"]
    assert sorted(each.column_name for each in over) == ["rate_limited ledger", "stalled"]
    assert all(each.message.endswith("UTC: another monitor has taken over") for each in over)
    check(alert_manager, "r")
    assert len(states()) == 4

    former = AlertManager(Alerting([ledger], policy))
    former.open(tables, ["q"])
    check(former, "q", stalled)
    former.close(drain=True)
    alert_manager._load_time -= 3601  # an hour later
    alert_manager.process(findings({}), {}, writer="r")
    check(alert_manager, "r")
    alert_manager.close(drain=True)
    assert states()[2:] == [("stalled", state) for state in ("firing", "firing", "resolved", "resolved")]

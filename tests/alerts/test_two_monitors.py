"""Two monitors on one set of tables: neither ends nor sends what is the other's."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from sparkmon.alerts import Alerting, AlertManager, AlertStore, Policy
from sparkmon.tables import Tables, TableWriter
from tests.alerts.test_alert_manager import DOWN, OK, after, rows_of
from tests.support.findings import NOON, findings, hour
from tests.support.ledger import Ledger


@pytest.fixture
def tables(tmp_path: Path) -> TableWriter:
    return Tables(str(tmp_path)).open()


def test_a_monitor_ends_only_incidents_of_models_that_it_holds(tables: TableWriter) -> None:
    """Two monitors on one set of tables, and a policy by which an incident is over at once."""
    ledgers = {"q": Ledger(), "r": Ledger()}
    managers = {}
    for query, model in (("q", "taxi"), ("r", "van")):
        managers[query] = AlertManager(
            Alerting([ledgers[query]], Policy(resolve_timeout=timedelta(), resolve_after=1))
        )
        managers[query].open(tables, [query])
        opening = findings({"model": model, "window_end": NOON + timedelta(seconds=1)})
        managers[query].process(opening, after(1, model), writer=query)
    managers["q"].close(drain=True)
    # A new process of the second monitor reads the incident of the first, whose model closes no windows here.
    managers["r"].close(drain=True)
    again = AlertManager(Alerting([ledgers["r"]], managers["r"].policy))
    again.open(tables, ["r"])
    assert again.open_incidents == {("van", "critical"): 1}
    until = time.monotonic() + 1.5
    while time.monotonic() < until:  # silence of a model without windows is counted by the clock
        again.process(findings(hour(1, model="van")), after(2, "van"), writer="r")
        time.sleep(0.3)
    again.close(drain=True)
    assert {note.model for note in ledgers["r"].notifications} == {"van"}
    assert [note.state for note in ledgers["q"].notifications] == ["firing"]


def test_a_model_that_is_acquired_does_not_make_the_others_wait_anew(tables: TableWriter) -> None:
    ledger = Ledger()
    alert_manager = AlertManager(
        Alerting([ledger], Policy(resolve_timeout=timedelta(), resolve_after=1))
    )
    alert_manager.open(tables, ["q"])
    opening = findings({"window_end": NOON + timedelta(seconds=1)})
    alert_manager.process(opening, after(1), writer="q")
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        alert_manager.hold("q", {"van": [f"former {time.monotonic()}"]})
        alert_manager.process(findings(hour(1, model="van", **OK)), after(2, "van"), writer="q")
        time.sleep(0.3)
    alert_manager.close(drain=True)
    assert [note.state for note in ledger.notifications] == ["firing", "resolved"]


def test_who_takes_models_over_ends_their_incidents_and_sends_what_is_undelivered_of_them(
    tables: TableWriter,
) -> None:
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
    assert [(note.model, note.state) for note in ledger.notifications] == [
        ("taxi", "firing"),
        ("taxi", "resolved"),
    ]
    assert AlertStore(tables).incidents().keys() == {row["incident_id"] for row in rows_of(tables)}

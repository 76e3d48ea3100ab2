"""Decisions are in the table once, over any restart, and notifications reach the sinks."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sparkmon.alerts import Alerting, AlertManager, AlertStore, Policy
from sparkmon.alerts.schema import ALERTS, DELIVERIES, INCIDENT
from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.sinks import AlertSink, Notification
from sparkmon.tables import Tables, TableWriter
from tests.support.findings import HOUR, NOON, findings, hour
from tests.support.ledger import Ledger

DOWN = 10**6
"""More failures than there will be deliveries."""

OK = {"status": "ok", "value": 0.02}


@pytest.fixture
def tables(tmp_path: Path) -> TableWriter:
    return Tables(str(tmp_path)).open()


def opened(tables: TableWriter, *sinks: AlertSink, **policy: Any) -> AlertManager:  # noqa: ANN401
    """Open an alert manager as a new process does."""
    alert_manager = AlertManager(Alerting(sinks, Policy(**policy)))
    alert_manager.open(tables, ["q"])
    return alert_manager


def after(hours: int, model: str = "taxi") -> dict[str, datetime]:
    """Return the end of a model's last closed window."""
    return {model: NOON + hours * HOUR}


def rows_of(tables: TableWriter) -> list[dict[str, Any]]:
    return sorted(AlertStore(tables).alerts(), key=lambda row: (row["window_end"], row["state"]))


def test_an_incident_continues_after_a_restart_until_it_resolves(tables: TableWriter) -> None:
    ledger = Ledger()
    for at, change in enumerate([{}, {}, OK, OK]):
        alert_manager = opened(tables, ledger)
        for _ in range(2):  # a retry
            alert_manager.process(findings(hour(at, **change)), after(at + 1), writer="q")
        assert alert_manager.close(drain=True) == 0
    rows = rows_of(tables)
    assert [(row["state"], row["notified_state"], row["suppressed_by"]) for row in rows] == [
        ("firing", "firing", None),
        ("firing", None, "no_change"),
        ("recovering", None, "recovering"),
        ("resolved", "resolved", None),
    ]
    assert [note.state for note in ledger.notifications] == ["firing", "resolved"]
    assert ledger.notifications[1].lines == (
        "distance of the model taxi (version 2) no longer drifts from training in the window 2026-11-23 15:00 to "
        "2026-11-23 16:00 UTC: ks 0.02 is within its threshold 0.1 (3,000 rows against 12,000)",
    )
    assert len({row["incident_id"] for row in rows}) == 1
    assert len({row["alert_id"] for row in rows}) == 4
    assert {row["query_id"] for row in rows} == {"q"}


def as_written_by_0_2(rows: list[dict[str, Any]]) -> pa.Table:
    """Write rows of ``alerts`` as version 0.2 did: without the sinks that know of an incident, nor those left out."""
    old = [field for field in INCIDENT if field.name != "notified"] + [pa.field("notified_severity", pa.string())]
    fields = [field for field in ALERTS if field.name != "limited_sinks"]
    schema = pa.schema([field.with_type(pa.struct(old)) if field.name == "incident" else field for field in fields])
    for row in rows:
        notified = row["incident"].pop("notified")
        row["incident"]["notified_severity"] = notified[0]["severity"] if notified else None
    return pa.Table.from_pylist(rows, schema=schema)


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after_it"), [([{}], ["resolved"]), ([{}, OK, OK], [])])
def test_incidents_that_an_earlier_version_wrote_go_on(
    tables: TableWriter, tmp_path: Path, before: list[dict[str, Any]], after_it: list[str]
) -> None:
    alert_manager = opened(tables, Ledger())
    for at, change in enumerate(before):
        alert_manager.process(findings(hour(at, **change)), after(at + 1), writer="q")
    alert_manager.close(drain=True)
    earlier = Tables(f"{tmp_path}/earlier").open()
    earlier.append(as_written_by_0_2(rows_of(tables)), "alerts")
    earlier.append(pa.Table.from_pylist(AlertStore(tables).deliveries(), schema=DELIVERIES), "deliveries")
    pager, mail = Ledger(name="pager"), Ledger()
    for at, change in enumerate([{}, OK, OK] if len(before) == 1 else [OK]):
        alert_manager = opened(earlier, pager, mail)
        alert_manager.process(findings(hour(len(before) + at, **change)), after(len(before) + at + 1), writer="q")
        alert_manager.close(drain=True)
    # Nobody is told again that it fires, and everybody that it has ended.
    assert [note.state for note in pager.notifications] == [note.state for note in mail.notifications] == after_it


HOURS: list[dict[str, Any]] = [OK, {}, {"confirmed": False}, OK, OK, OK]
STATES = [(1, "firing", "firing"), (2, "firing", None), (3, "recovering", None), (4, "resolved", "resolved")]


def test_many_windows_at_once_are_decided_on_window_by_window(tables: TableWriter) -> None:
    ledger = Ledger()
    alert_manager = opened(tables, ledger)
    table = findings(*(hour(at, **change) for at, change in enumerate(HOURS)))
    assert alert_manager.process(table, after(len(HOURS)), writer="q") == 4
    assert alert_manager.close(drain=True) == 0
    states = [(row["window_start"].hour - NOON.hour, row["state"], row["notified_state"]) for row in rows_of(tables)]
    assert states == STATES
    assert [note.state for note in ledger.notifications] == ["firing", "resolved"]


@pytest.mark.slow
def test_models_come_in_any_order_and_their_windows_again_after_a_crash(tables: TableWriter) -> None:
    """Two models, one hours behind the other; each call comes again, by a new process that has seen nothing of it."""
    ledger = Ledger()
    for at, change in enumerate(HOURS):
        for model, behind in (("taxi", 0), ("van", 5)):
            closing = findings(hour(at - behind, model=model, **change))
            for _ in range(2):
                alert_manager = opened(tables, ledger)
                alert_manager.process(closing, after(at - behind + 1, model), writer="q")
                # What came before, judged again after a crash: all of it.
                for earlier in range(at):
                    again = findings(hour(earlier - behind, model=model, **HOURS[earlier]))
                    assert alert_manager.process(again, after(earlier, model), writer="q") == 0
                assert alert_manager.close(drain=True) == 0
    for model, behind in (("taxi", 0), ("van", 5)):
        states = [
            (int((row["window_start"] - NOON) / HOUR) + behind, row["state"], row["notified_state"])
            for row in rows_of(tables)
            if row["model"] == model
        ]
        assert states == STATES
    heard = [(note.model, note.state) for note in ledger.notifications]
    assert sorted(heard) == [*(("taxi", "firing"), ("taxi", "resolved"), ("van", "firing"), ("van", "resolved"))]


def test_a_commit_whose_answer_is_lost_is_read_again_and_notified(
    tables: TableWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger()
    alert_manager = opened(tables, ledger)

    def append_and_fail(rows: pa.Table, table: str) -> bool:
        monkeypatch.undo()
        tables.append(rows, table)
        raise OSError("the connection was lost")

    monkeypatch.setattr(tables, "append", append_and_fail)
    with pytest.raises(OSError, match="lost"):
        alert_manager.process(findings({}), after(1), writer="q")
    assert alert_manager.process(findings({}), after(1), writer="q") == 0
    assert alert_manager.close(drain=True) == 0
    assert len(rows_of(tables)) == len(ledger.notifications) == 1


def test_an_open_window_is_notified_once_and_again_when_it_closes(tables: TableWriter) -> None:
    ledger = Ledger()
    early, other = {"status": "provisional"}, {"column_name": "other"}
    for _ in range(2):
        alert_manager = opened(tables, ledger)
        for count in (1, 1, 2):
            table = findings(*[early, early | other][:count])
            alert_manager.process(table, {}, writer="q")
        alert_manager.close(drain=True)
    assert [note.state for note in ledger.notifications] == ["provisional", "provisional"]
    for _ in range(2):
        alert_manager = opened(tables, ledger)
        alert_manager.process(findings({}, other), after(1), writer="q")
        # A look that came late: the window has closed.
        assert alert_manager.process(findings(early), {}, writer="q") == 0
        alert_manager.close(drain=True)
    assert [note.state for note in ledger.notifications[2:]] == ["firing"]
    assert len({alert.alert_id for alert in ledger.alerts}) == len(ledger.alerts) == 4
    assert len(rows_of(tables)) == 4


def test_undelivered_notifications_are_sent_after_a_restart(tables: TableWriter) -> None:
    down, other = Ledger(DOWN), Ledger(name="other")
    alert_manager = opened(tables, down, other)
    alert_manager.process(findings({}), after(1), writer="q")
    assert alert_manager.dispatcher is not None
    until = time.monotonic() + 60
    while not other.notifications or down.failures == DOWN:
        assert time.monotonic() < until
        alert_manager.dispatcher.drain(0.2)
    assert alert_manager.close() == 1
    assert len(other.notifications) == 1
    for query, expected in (("another", 0), ("q", 1)):
        works, again = Ledger(), Ledger(name="other")
        alert_manager = AlertManager(Alerting([works, again]))
        alert_manager.open(tables, [query])
        assert alert_manager.close(drain=True) == 0
        assert (len(works.notifications), len(again.notifications)) == (expected, 0)
    attempts = [(row["attempt"], row["status"]) for row in AlertStore(tables).deliveries() if row["sink"] == "ledger"]
    assert min(attempts) == (1, "failed")
    assert max(attempts) == (len(attempts), "delivered")
    assert works.notifications[0].notification_id == other.notifications[0].notification_id


@pytest.mark.slow
def test_a_sink_that_asked_for_a_day_is_left_alone_by_the_next_process(tables: TableWriter) -> None:
    class Busy(Ledger):
        def deliver(self, notification: Notification) -> None:
            super().deliver(notification)
            raise AlertDeliveryError.failed("429", permanent=False, retry_after_s=86_400.0)

    busy, other = Busy(name="busy"), Ledger()
    for _ in range(3):
        alert_manager = opened(tables, busy, other)
        alert_manager.process(findings({}), after(1), writer="q")
        assert alert_manager.dispatcher is not None
        alert_manager.dispatcher.drain(0.5)
        assert alert_manager.close() == 1
    assert (len(busy.notifications), len(other.notifications)) == (1, 1)


@pytest.mark.slow
def test_ten_thousand_findings_of_one_window_are_one_notification(tables: TableWriter) -> None:
    ledger = Ledger()
    alert_manager = opened(tables, ledger)
    table = findings(*({"column_name": f"column {number}", "value": 0.2 + number / 20_000} for number in range(10_000)))
    assert alert_manager.process(table, after(1), writer="q") == 10_000
    assert alert_manager.close(drain=True) == 0
    (note,) = ledger.notifications
    assert (note.count, len(note.alerts), note.severity) == (10_000, 1000, "critical")
    assert note.alerts[0].column_name == "column 9999"
    assert note.title == ("taxi (version 2): 10,000 alerts in the window 2026-11-23 12:00 to 2026-11-23 13:00 UTC")
    assert len(note.lines) == 21
    assert note.lines[-1].startswith("and 9,980 more: see the table alerts, notification_id ")


def test_an_incident_without_traffic_resolves_by_its_own_models_windows(tables: TableWriter) -> None:
    ledger = Ledger()
    alert_manager = opened(tables, ledger, resolve_timeout=timedelta(hours=3))
    alert_manager.process(findings({}, {"model": "van"}), after(1), writer="q")
    for at in (3, 4, 5, 9):
        quiet = findings(hour(at, column_name="other", **OK))
        for _ in range(2):
            alert_manager.process(quiet, after(at + 1), writer="q")
    assert alert_manager.close(drain=True) == 0
    states = [(note.model, note.state) for note in ledger.notifications]
    assert sorted(states) == [("taxi", "firing"), ("taxi", "resolved"), ("van", "firing")]
    assert ledger.notifications[-1].lines == (
        "distance of the model taxi has not been judged since 2026-11-23 13:00 UTC: it has no traffic, or too little",
    )


def test_an_incident_of_weeks_is_neither_resolved_by_days_nor_flapping(tables: TableWriter) -> None:
    """Weeks next to days; every second week has too few rows to be judged."""
    ledger, day = Ledger(), 24 * HOUR
    alert_manager = opened(tables, ledger, repeat_interval=None)
    for at in range(1, 50):
        end = NOON + at * day
        rows: list[dict[str, Any]] = [{"column_name": "other", "window_start": end - day, "window_end": end, **OK}]
        if at % 14 == 7:
            rows.append({"window_start": end - 7 * day, "window_end": end})
        alert_manager.process(findings(*rows), {"taxi": end}, writer="q")
    assert alert_manager.close(drain=True) == 0
    assert [(note.state, note.window_end) for note in ledger.notifications] == [("firing", NOON + 7 * day)]
    assert {row["suppressed_by"] for row in rows_of(tables)} == {None, "no_change"}


@pytest.mark.parametrize("action", ["silence", "ack"])
def test_a_running_alert_manager_reads_actions(tables: TableWriter, action: str) -> None:
    alert_manager, store = opened(tables, repeat_interval=HOUR), AlertStore(tables)
    alert_manager.process(findings({}), after(1), writer="q")
    (row,) = rows_of(tables)
    assert row["suppressed_by"] == "no_route"  # there is no sink
    action_row: dict[str, object] = {"action_id": "1", "action": action, "by": "ada", "comment": "looking"}
    if action == "silence":
        action_row |= {"model": "ta*", "column_name": "*", "slice": "*", "severity": "info"}
        action_row |= {"start_time": row["fired_time"], "end_time": row["fired_time"] + 24 * HOUR}
    else:
        action_row |= {"incident_id": row["incident_id"], "start_time": row["fired_time"]}
    store.write_action(**action_row)
    silences, acknowledgements = store.actions()
    assert len(silences) + len(acknowledgements) == 1
    alert_manager.process(findings(hour(1)), after(2), writer="q")
    assert rows_of(tables)[-1]["suppressed_by"] == ("silenced" if action == "silence" else "no_route")
    store.write_action(**(action_row | {"action": "unsilence"}))
    assert store.actions()[0] == ()
    alert_manager.close()


def test_findings_before_it_is_open_are_refused() -> None:
    with pytest.raises(OptionError, match="got findings before the alert manager was opened"):
        AlertManager(Alerting([])).process(findings({}), {}, writer="q")

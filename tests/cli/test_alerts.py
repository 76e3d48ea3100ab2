"""``sparkmon alerts``: lists, silences, acknowledges and replays."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sparkmon.alerts import Alerting, AlertManager, AlertStore
from sparkmon.cli.app import app
from sparkmon.errors import OptionError
from sparkmon.tables import Tables
from tests.support.findings import HOUR, NOON, findings
from tests.support.ledger import Ledger

MONITOR = """
source: {format: kserve, path: spool}
store: {path: store}
tables: ./tables
alerting:
  sinks: [{sink: console}]
"""


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the monitor.yaml of a monitor with two incidents, whose one sink refused its notification."""
    place = tmp_path_factory.mktemp("monitor")
    (place / "monitor.yaml").write_text(MONITOR)
    alert_manager = AlertManager(Alerting([Ledger(1, name="console", permanent=True)]))
    alert_manager.open(Tables(f"{place}/tables").open())
    two = findings({}, {"column_name": "a\x1b[31m", "value": 0.2})
    alert_manager.process(two, {"taxi": NOON + HOUR}, writer="q")
    assert alert_manager.close(drain=True) == 0
    return place / "monitor.yaml"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["alerts", *map(str, words)])


def listed(monitor: Path) -> list[dict[str, object]]:
    result = run("list", monitor, "--json")
    assert result.exit_code == 0, result.exception
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_open_incidents_are_listed(monitor: Path) -> None:
    result = run("list", monitor)
    assert result.exit_code == 0, result.exception
    assert "2 incidents" in result.stdout
    assert "critical" in result.stdout
    assert "a\\x1b[31m" in result.stdout
    assert "\x1b[31m" not in result.stdout
    assert "1 notifications given up for the sink console" in result.stdout
    kinds = [line["kind"] for line in listed(monitor)]
    assert kinds == ["incident", "incident", "delivery"]


def test_acknowledgements_and_silences_are_listed_and_a_silence_can_be_ended(monitor: Path) -> None:
    incident = next(line for line in listed(monitor) if line["column_name"] == "distance")
    result = run("ack", monitor, str(incident["incident_id"])[:12], "--by", "ada")
    assert result.exit_code == 0, result.exception
    assert "acknowledged: distance of the model taxi" in result.stderr
    result = run("silence", monitor, "--model", "ta*", "--for", "2 hours", "--by", "ada")
    assert result.exit_code == 0, result.exception
    lines = listed(monitor)
    (silence,) = [line for line in lines if line["kind"] == "silence"]
    assert (silence["model"], silence["column"]) == ("ta*", "*")
    assert [line.get("acknowledged_by") for line in lines if line["kind"] == "incident"].count("ada") == 1
    result = run("list", monitor)
    assert "acknowledged by ada" in result.stdout
    assert f"silence {silence['silence_id']} until" in result.stdout
    assert run("silence", monitor, "--end", silence["silence_id"]).exit_code == 0
    assert [line for line in listed(monitor) if line["kind"] == "silence"] == []


def test_dead_notifications_are_replayed(monitor: Path) -> None:
    result = run("replay", monitor, "--dead")
    assert result.exit_code == 0, result.exception
    assert "ALERT critical: distance of the model taxi (version 2) drifted from training" in result.stderr
    assert [line["kind"] for line in listed(monitor)] == ["incident", "incident"]
    deliveries = AlertStore(Tables(f"{monitor.parent}/tables").open()).deliveries()
    assert sorted(row["status"] for row in deliveries) == ["dead", "delivered"]
    # By its id, delivered or not.
    (identity,) = {row["notification_id"] for row in deliveries}
    result = run("replay", monitor, identity[:8])
    assert result.stderr.count("ALERT ") == 2


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["replay"], "got nothing to replay; name notifications, --dead or --waiting"),
        (["silence", "--model", "a"], "the option '--for' is missing"),
        (["silence", "--for", "2 hours"], "got a silence of everything"),
        (["silence", "--for", "soon", "--model", "a"], "got --for='soon'; expected an interval"),
        (["silence", "--for", "1 day", "--model", "a", "--severity", "x"], "got severity='x'"),
        (["ack", "ffffffff"], "got 'ffffffff', with which the ids of 0 open incidents begin; expected"),
        (["replay", "zz"], "got 'zz', with which the ids of 0 notifications begin; expected"),
    ],
)
def test_invalid_words_are_refused(monitor: Path, words: list[str], error: str) -> None:
    result = run(words[0], monitor, *words[1:])
    assert isinstance(result.exception, OptionError)
    assert error in str(result.exception)

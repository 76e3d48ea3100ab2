"""``sparkmon alerts``: what a person on call sees and says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner, Result

from sparkmon.alerts import AlertDesk, AlertRecord
from sparkmon.cli.app import app
from sparkmon.errors import OptionError
from sparkmon.tables import Tables
from tests.alerts.test_candidates import HOUR, NOON, findings
from tests.support.ledger import Ledger

MONITOR = """
source: {format: kserve, path: spool}
store: {path: store}
tables: ./tables
alerts: [{sink: console}]
"""


@pytest.fixture(scope="module")
def monitor(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the monitor.yaml of a monitor with two incidents, of which its one sink would take nothing."""
    place = tmp_path_factory.mktemp("monitor")
    (place / "monitor.yaml").write_text(MONITOR)
    desk = AlertDesk(Tables(f"{place}/tables"), [Ledger(1, name="console", permanent=True)])
    desk.open(spark)
    two = findings(spark, {}, {"column_name": "a\x1b[31m", "value": 0.2})
    desk.take(two, NOON + HOUR, writer="q", batch_id=0)
    assert desk.close(drain=True) == 0
    return place / "monitor.yaml"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["alerts", *map(str, words)])


def listed(monitor: Path) -> list[dict[str, object]]:
    done = run("list", monitor, "--json")
    assert done.exit_code == 0, done.exception
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_is_open_is_listed(monitor: Path) -> None:
    done = run("list", monitor)
    assert done.exit_code == 0, done.exception
    assert "2 incidents" in done.stdout
    assert "critical" in done.stdout
    assert "a\\x1b[31m" in done.stdout
    assert "\x1b[31m" not in done.stdout
    assert "1 notifications given up for the sink console" in done.stdout
    kinds = [line["kind"] for line in listed(monitor)]
    assert kinds == ["incident", "incident", "delivery"]


def test_who_sees_to_it_and_what_is_silenced_is_shown_and_can_be_ended(monitor: Path) -> None:
    incident = next(line for line in listed(monitor) if line["column_name"] == "distance")
    done = run("ack", monitor, str(incident["incident_id"])[:12], "--by", "ada")
    assert done.exit_code == 0, done.exception
    assert "acknowledged: distance of the model taxi" in done.stderr
    done = run("silence", monitor, "--model", "ta*", "--for", "2 hours", "--by", "ada")
    assert done.exit_code == 0, done.exception
    lines = listed(monitor)
    (silence,) = [line for line in lines if line["kind"] == "silence"]
    assert (silence["model"], silence["column"]) == ("ta*", "*")
    assert [line.get("acknowledged_by") for line in lines if line["kind"] == "incident"].count(
        "ada"
    ) == 1
    done = run("list", monitor)
    assert "seen to by ada" in done.stdout
    assert f"silence {silence['silence_id']} until" in done.stdout
    assert run("silence", monitor, "--end", silence["silence_id"]).exit_code == 0
    assert [line for line in listed(monitor) if line["kind"] == "silence"] == []


def test_what_was_given_up_is_sent_again(spark: SparkSession, monitor: Path) -> None:
    done = run("replay", monitor, "--dead")
    assert done.exit_code == 0, done.exception
    assert "ALERT critical: distance of the model taxi drifted from training" in done.stderr
    assert [line["kind"] for line in listed(monitor)] == ["incident", "incident"]
    deliveries = AlertRecord(Tables(f"{monitor.parent}/tables"), spark).deliveries()
    assert sorted(row.status for row in deliveries.collect()) == ["dead", "delivered"]
    # By name, whether it was had or not.
    (identity,) = {row.notification_id for row in deliveries.collect()}
    done = run("replay", monitor, identity[:8])
    assert done.stderr.count("ALERT ") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["replay"], "got nothing to replay; name notifications, --dead or --waiting"),
        (["silence", "--model", "a"], "the option '--for' is missing"),
        (["silence", "--for", "2 hours"], "got a silence of everything"),
        (["silence", "--for", "soon", "--model", "a"], "got --for='soon'; expected an interval"),
        (["silence", "--for", "1 day", "--model", "a", "--severity", "x"], "got severity='x'"),
        (["ack", "ffffffff"], "got 'ffffffff'; there is none of that id among the open incidents"),
        (["replay", "zz"], "got 'zz'; there is none of that id among the notifications"),
    ],
)
def test_what_cannot_be_meant_is_refused(monitor: Path, words: list[str], said: str) -> None:
    done = run(words[0], monitor, *words[1:])
    assert isinstance(done.exception, OptionError)
    assert said in str(done.exception)

"""``sparkmon demo`` goes on after a failure of Spark that passes, and has a dashboard."""

import json
import re
from contextlib import nullcontext
from datetime import datetime, timezone
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from sparkmon.backoff import Backoff
from sparkmon.cli.app import app
from sparkmon.demo import DemoResult
from sparkmon.errors import SparkmonError

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def test_a_demo_that_loses_its_workers_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[Path] = []

    def run_demo(spark: object, out: Path, *_: object) -> DemoResult:
        places.append(out)
        if len(places) == 1:
            raise SparkmonError("a query failed: Job aborted: Python worker failed to connect back.")
        others = dict.fromkeys(("statistic", "value", "threshold", "window_start"))
        found = {"temp": "feature", "humid": "feature", ":clients": "client", "accuracy_score": "performance"}
        alerts = [
            {**others, "column_name": name, "column_kind": kind, "slice_value": "mallory", "window_end": NOON}
            for name, kind in found.items()
        ]
        return DemoResult(1, 1, 1, 1, 1, [], alerts, 1, NOON.replace(hour=11), "a store", 1.0)

    monkeypatch.setattr("sparkmon.demo.run_demo", run_demo)
    monkeypatch.setattr("sparkmon.cli.spark.open_session", lambda *_: nullcontext())
    monkeypatch.setattr("sparkmon.cli.run._PAUSES", Backoff(0.0, 0.0))
    done = CliRunner().invoke(app, ["demo", "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.exception
    assert places == [tmp_path, tmp_path]  # where the first has stopped
    assert "starting again in 0 seconds, 1 of 5 times" in done.stderr
    assert json.loads(done.stdout)["rows"] == 1


@pytest.mark.slow
def test_a_dashboard_answers_while_the_demo_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[str] = []

    def note(sentence: str) -> None:
        address = re.search(r"http://127\.0\.0\.1:\d+/", sentence)
        pages.append("" if address is None else httpx.get(address[0]).text)

    def run_demo(*_: object) -> DemoResult:
        return DemoResult(1, 1, 1, 1, 1, [], [], 1, NOON, "a store", 1.0)

    monkeypatch.setattr("sparkmon.demo.run_demo", run_demo)
    monkeypatch.setattr("sparkmon.cli.spark.open_session", lambda *_: nullcontext())
    monkeypatch.setattr("sparkmon.cli.terminal.note", note)
    CliRunner().invoke(app, ["demo", "--out", str(tmp_path)])
    assert len(pages) == 1
    assert "No window has closed in these tables" in pages[0]
    CliRunner().invoke(app, ["demo", "--out", str(tmp_path), "--headless"])
    assert len(pages) == 1

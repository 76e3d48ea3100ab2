"""The examples that a reader starts with run by themselves and find what is in them."""

import os
import runpy
import sys
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from sparkmon.detectors import DETECTORS
from tests.support.program import run_program
from tests.support.source import ROOT

EXAMPLES = ROOT / "examples"
Run = Callable[[str], list[str]]


@pytest.mark.spark
def test_the_quickstart_finds_the_amounts_in_cents() -> None:
    """As a user starts it: in a process and a Spark session of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = run_program([sys.executable, str(EXAMPLES / "quickstart.py")], timeout_s=500, env=environment)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    drifted = {tuple(cell.strip() for cell in line.split("|")[1:4]) for line in lines if "|drift" in line}
    assert drifted == {
        (f"2026-01-05 {hour}:00:00", "amount", statistic)
        for hour in (12, 18)
        for statistic in ("ks", "psi", "js", "wasserstein", "range_rate")
    }
    alerts = [line for line in lines if line.startswith("amount of the model payments drifted")]
    assert len(alerts) == 2


@pytest.fixture
def run(spark: SparkSession, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give what runs an example in the session that is there already, as in a notebook."""
    monkeypatch.setattr(type(spark), "stop", lambda _: None)
    monkeypatch.syspath_prepend(EXAMPLES)

    def run(name: str) -> list[str]:
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return run


def test_sql_on_a_stream_finds_them_too(run: Run) -> None:
    lines = [line for line in run("sql_on_a_stream.py") if line.startswith("|2026")]
    assert [line.split("|")[1:3] for line in lines] == [
        ["2026-01-05 12:00:00", "amount     "],
        ["2026-01-05 18:00:00", "amount     "],
    ]


def test_a_detector_of_ones_own_finds_what_does_not_belong_together(run: Run) -> None:
    try:
        (line,) = [line for line in run("own_detector.py") if line.startswith("row ")]
    finally:
        DETECTORS.remove("off_plane")
    assert line.startswith("row 1 of e-1: ")
    assert "takes the row off the plane of the training data" in line
    assert line.endswith("(off_plane)")

"""The examples that a reader starts with run by themselves and find what is in them."""

import os
import subprocess
import sys

import pytest

from tests.support.source import ROOT

pytestmark = pytest.mark.spark


def run(name: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name)],
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_quickstart_finds_the_amounts_in_cents() -> None:
    lines = run("quickstart.py").splitlines()
    drifted = {tuple(cell.strip() for cell in line.split("|")[1:4]) for line in lines if "|drift" in line}
    assert drifted == {
        (f"2026-01-05 {hour}:00:00", "amount", statistic)
        for hour in (12, 18)
        for statistic in ("ks", "psi", "js", "wasserstein", "range_rate")
    }
    alerts = [line for line in lines if line.startswith("amount of the model payments drifted")]
    assert len(alerts) == 2


def test_sql_on_a_stream_finds_them_too() -> None:
    lines = [line for line in run("sql_on_a_stream.py").splitlines() if line.startswith("|2026")]
    assert [line.split("|")[1:3] for line in lines] == [
        ["2026-01-05 12:00:00", "amount     "],
        ["2026-01-05 18:00:00", "amount     "],
    ]


def test_a_detector_of_ones_own_finds_what_does_not_belong_together() -> None:
    (line,) = [line for line in run("own_detector.py").splitlines() if line.startswith("row ")]
    assert line.startswith("row 1 of e-1: ")
    assert "takes the row off the plane of the training data" in line
    assert line.endswith("(off_plane)")

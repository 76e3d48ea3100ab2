"""The example that a reader starts with runs by itself; others run in ``test_connect.py``, as clients of a server."""

import os
import sys

import pytest

from tests.support.program import run_program
from tests.support.source import ROOT

EXAMPLES = ROOT / "examples"


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

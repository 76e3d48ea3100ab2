"""The demonstration as a user runs it: killed in the middle, started again, nothing lost and nothing counted twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.source import ROOT

pytestmark = pytest.mark.spark

LIVE_FLIGHTS = 38_905  # 77,809 flights, less the 38,904 of the reference
COMMAND = [sys.executable, "-m", "sparkmon", "demo"]
START_S = 120


def kill_once_windows_have_closed(out: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--out", str(out), "--headless"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + START_S
    while not (out / "tables" / "drift_metrics" / "_delta_log").exists():
        assert process.poll() is None, "the demo ended before it was killed"
        assert time.monotonic() < deadline, "no window was closed in time"
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_demo_that_was_killed_goes_on_without_loss_or_doubling(tmp_path: Path) -> None:
    kill_once_windows_have_closed(tmp_path / "out")
    sent_before = json.loads((tmp_path / "out" / "progress.json").read_text())["sent_chunks"]
    assert 0 < sent_before < 24 * 12
    result = subprocess.run(
        [*COMMAND, "--out", str(tmp_path / "out"), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    summary = json.loads(result.stdout)
    assert set(summary) == {"rows", "windows", "findings", "alerts", "seconds"}
    assert (summary["rows"], summary["windows"]) == (LIVE_FLIGHTS, 24)
    # 13 numeric columns with three statistics each and two categorical ones with one, in 24 windows
    assert summary["findings"] == 24 * (13 * 3 + 2)
    assert Counter(alert["feature"] for alert in summary["alerts"]) == {"temp": 12, "humid": 12}
    assert min(alert["window_start"] for alert in summary["alerts"]) == "2026-01-05T12:00:00Z"
    assert all(alert["value"] > alert["threshold"] for alert in summary["alerts"])

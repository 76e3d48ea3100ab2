"""``sparkmon dashboard``: starts, answers, and stops on a signal."""

import re
import signal
import subprocess
import sys

import httpx
import pytest

from tests.support.source import ROOT
from tests.support.watched import Watched


@pytest.mark.slow
def test_it_serves_the_tables_of_a_monitor_until_it_is_stopped(watched: Watched) -> None:
    command = [sys.executable, "-m", "sparkmon", "dashboard", str(watched.place / "monitor.yaml"), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert address is not None, line
        assert "2 open incidents" in httpx.get(address[0]).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""

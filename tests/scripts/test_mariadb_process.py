"""The MariaDB of the tests and of ``make demo-mysql``: its own data, nobody's rights, and gone with its parent."""

import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from scripts.mariadb_process import MariaDbProcess
from sparkmon.errors import SparkmonError

CHILD = """
import sys, time
from scripts.mariadb_process import MariaDbProcess
with MariaDbProcess() as server:
    print(server.pid, server._folder, flush=True)
    time.sleep(600)
"""


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.mariadb
def test_it_keeps_its_data_when_killed_and_started_again() -> None:
    with MariaDbProcess() as server:
        place = make_url(server.url).set(drivername="mysql+pymysql")
        engine = create_engine(place)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE t (a INT)"))
            connection.execute(text("INSERT INTO t VALUES (7)"))
        engine.dispose()
        first = server.pid
        if os.geteuid() == 0:
            assert Path(f"/proc/{first}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
        os.kill(first, signal.SIGKILL)
        server.start()
        assert make_url(server.url).port == place.port
        with engine.connect() as connection:
            assert connection.execute(text("SELECT a FROM t")).scalar_one() == 7
        engine.dispose()
        folder = server._folder
    assert not runs(server.pid)
    assert not folder.exists()


@pytest.mark.mariadb
def test_it_ends_when_its_parent_is_killed() -> None:
    command = [sys.executable, "-c", CHILD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        assert runs(int(pid))
        parent.kill()
    deadline = time.monotonic() + 60
    while (runs(int(pid)) or Path(folder).exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not runs(int(pid))
    assert not Path(folder).exists()


def test_without_a_server_the_error_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("scripts.mariadb_process._FETCHED", tmp_path)
    with pytest.raises(SparkmonError, match="run `make demo-mysql`, which fetches it, or install mariadb-server"):
        MariaDbProcess().__enter__()

"""A machine that is far too busy: ``sparkmon run`` starts, or starts itself again, and its last line says which."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.accounts import check_account
from tests.faults.job import Place
from tests.faults.report import Report
from tests.faults.traffic import Traffic

CGROUPS = Path("/sys/fs/cgroup")
LOAD, PATIENCE_S, MOST_STARTS = 20, 600.0, 3
DONE = "sparkmon: all that was there has been processed, and its last window closed"
BUSY = f"""\
import os, time
os.nice(10)
end = time.monotonic() + {PATIENCE_S}
while time.monotonic() < end:
    pass
"""


@contextmanager
def load_of_20() -> Iterator[list[str]]:
    """Keep the cores busy; give the files by which a process takes part: none."""
    with ExitStack() as stack:
        for _ in range(LOAD):
            loop = stack.enter_context(subprocess.Popen([sys.executable, "-c", BUSY]))
            stack.callback(loop.kill)
        yield []


@contextmanager
def half_a_core() -> Iterator[list[str]]:
    """Make a control group of half a core; give the files to which a process that takes part is written.

    Where none can be made the test is skipped, which CI does not accept.
    """
    is_v1 = (CGROUPS / "cpu" / "cgroup.procs").exists()
    group = CGROUPS / ("cpu" if is_v1 else "") / "sparkmon-test"
    limits = {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"} if is_v1 else {"cpu.max": "50000 100000"}
    try:
        group.mkdir()
        for name, value in limits.items():
            with (group / name).open("r+") as file:
                file.write(value)
    except OSError as error:
        pytest.skip(f"a control group of half a core takes root: {error}")
    try:
        yield [str(group / "cgroup.procs")]
    finally:
        end = time.monotonic() + 30
        while (group / "cgroup.procs").read_text() and time.monotonic() < end:
            time.sleep(0.1)
        group.rmdir()


@pytest.mark.faults
@pytest.mark.parametrize("busy", [load_of_20, half_a_core])
def test_a_monitor_on_a_busy_machine_starts_or_says_why_not(
    spark: SparkSession,
    references: Path,
    tmp_path: Path,
    report: Report,
    busy: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    traffic, place = Traffic(91), Place(tmp_path / "job", references)
    place.log(traffic.hour(0), traffic.hour(1))
    with busy() as groups:
        status, starts = 1, 0
        while status and starts < MOST_STARTS:
            starts += 1
            with place.start("--flush") as job:
                for group in groups:
                    Path(group).write_text(str(job.process.pid))
                status = job.process.wait(PATIENCE_S)
            last = job.said.splitlines()[-1]
            assert ("nothing is lost: start again" if status else DONE) in last, job.said[-3000:]
    assert status == 0
    account = check_account(spark, place.tables, traffic.book)
    report.row(busy.__name__.replace("_", " "), starts, traffic.book, account)

"""What ``make test-fast`` forbids its tests fails at once, and is noted."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.mariadb_process import MariaDbProcess
from sparkmon.errors import SparkmonError
from tests.support.forbidden_programs import ForbiddenPrograms

SPARK = """
from pyspark.sql import SparkSession
SparkSession.builder.master("local[1]").getOrCreate()
"""


@pytest.fixture
def programs() -> Iterator[ForbiddenPrograms]:
    programs = ForbiddenPrograms()
    programs.forbid()
    yield programs
    programs.allow()


def test_no_spark_session_starts_in_a_process_of_a_fast_test(programs: ForbiddenPrograms) -> None:
    done = subprocess.run([sys.executable, "-c", SPARK], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "a fast test may not start java" in done.stderr
    assert set(programs.started()) == {"java"}


def test_no_mariadb_starts_in_a_fast_test(programs: ForbiddenPrograms) -> None:
    with pytest.raises(SparkmonError, match="a fast test may not start mariadb-install-db"):
        MariaDbProcess().__enter__()
    assert programs.started() == ["mariadb-install-db"]


def test_what_was_forbidden_is_allowed_again(programs: ForbiddenPrograms) -> None:
    programs.allow()
    assert not Path(programs.home).exists()

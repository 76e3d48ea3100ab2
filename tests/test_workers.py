"""Workers without sparkmon are told apart from other failures; the texts are what Spark 4.2 printed."""

import sys
from pathlib import Path

import pytest

from sparkmon.monitor.failures import failure_of
from sparkmon.workers import _runs, failure_of_workers

TRACEBACK = """An exception was thrown from the Python worker:
Traceback (most recent call last):
  File "pyspark/serializers.py", line 454, in loads
    return cloudpickle.loads(obj, encoding=encoding)
ModuleNotFoundError: No module named 'sparkmon'
"""
NO_PROGRAM = """Job aborted due to stage failure: Task 0 in stage 3.0 failed 1 times, most recent failure: Lost task 0.0
java.io.IOException: Cannot run program "/nope/python": error=2, No such file or directory
"""
OTHER_VERSION = (
    "[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.10 than that in driver: 3.11, PySpark cannot "
    "run with different minor versions."
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TRACEBACK, "No module named 'sparkmon'"),
        (NO_PROGRAM, 'Cannot run program "/nope/python"'),
        (OTHER_VERSION, "Python in worker has different version: 3.10 than that in driver: 3.11"),
    ],
)
def test_one_sentence_says_why_and_what_to_do(text: str, reason: str) -> None:
    failure = failure_of_workers(RuntimeError(text))
    assert failure is not None
    assert f"cannot run sparkmon ({reason}); if they are on this machine, set PYSPARK_PYTHON=" in str(failure)
    assert "\n" not in str(failure)
    assert str(failure_of(RuntimeError(text))) == str(failure)  # also when it ends a query


def test_other_failures_are_left_as_they_are() -> None:
    assert failure_of_workers(RuntimeError("java.io.IOException: No space left on device")) is None


def test_an_interpreter_is_tried_by_what_it_imports(tmp_path: Path) -> None:
    assert _runs(sys.executable)
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n')  # no packages
    bare.chmod(0o755)
    assert not _runs(str(bare))
    assert not _runs(str(tmp_path / "absent"))

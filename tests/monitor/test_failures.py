"""A failure says what to do; one that passes is told from others; no message of a batch is long."""

import pytest
from pyspark.errors import StreamingQueryException

from sparkmon.errors import CheckpointError
from sparkmon.monitor.failures import failure_of, is_transient, shortened

STACK = "\n".join(f"\tat org.apache.spark.scheduler.Task.run(Task.scala:{n})" for n in range(4000))
LOST = (
    "[STREAM_FAILED] Query [id = 1] terminated with exception: Job aborted due to stage failure: Task 0 in stage 3.0 "
    "failed 1 times, most recent failure: Lost task 0.0 in stage 3.0 (TID 7) (host executor driver): "
    "org.apache.spark.SparkException: Python worker failed to connect back."
)


@pytest.mark.parametrize(
    "text", [LOST, f"{LOST}\n{STACK}", "org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)"]
)
def test_python_workers_that_do_not_start_are_a_failure_that_passes(text: str) -> None:
    error = StreamingQueryException(text)
    assert is_transient(error)
    failure = failure_of(error)
    assert failure is not None
    assert "nothing is lost: start again, and it goes on where it was" in str(failure)
    assert is_transient(failure)
    assert is_transient(shortened(error))


def test_a_full_disk_and_a_lost_lease_do_not_pass() -> None:
    for error in (OSError("No space left on device"), CheckpointError("written by another")):
        assert not is_transient(error)


def test_a_long_message_keeps_its_causes_and_loses_its_stack() -> None:
    text = f"Job aborted\n{STACK}\nCaused by: java.io.IOException: No space left on device\n{STACK}"
    short = shortened(RuntimeError(text))
    assert str(short).endswith("RuntimeError: Job aborted\nCaused by: java.io.IOException: No space left on device")
    assert failure_of(short) is not None
    assert len(str(shortened(RuntimeError("x" * 10**6)))) < 2_100


def test_a_short_error_is_raised_as_it_is() -> None:
    error = ConnectionError("the power went")
    assert shortened(error) is error

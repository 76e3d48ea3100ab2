"""What ends a query: which failures a person has to repair, and which pass."""

import re

from sparkmon.errors import SparkmonError
from sparkmon.workers import failure_of_workers

_NO_ROOM = "No space left on device"
_WORKERS = re.compile(
    r"Python worker (failed to connect back|exited unexpectedly)"
    r"|Timed out while waiting for the Python worker to connect back"
)
"""Spark gives a Python worker a fixed time to start, which a busy machine may exceed."""
_LONGEST = 2_000
ENDED = "the query has ended without an error, and nobody has stopped it"


def is_transient(error: BaseException) -> bool:
    """Return whether the same query, started again, may go on."""
    return ENDED in str(error) or _WORKERS.search(str(error)) is not None


def failure_of(error: Exception) -> SparkmonError | None:
    """Explain what ended a query if a person can do something about it, such as a full disk."""
    if _NO_ROOM in str(error):
        return SparkmonError(
            "no space is left on the disk of the tables, of the checkpoints, or of Spark's own files; make room and "
            "start again: it goes on where it was"
        )
    if missing := failure_of_workers(error):
        return missing
    if workers := _WORKERS.search(str(error)):
        return SparkmonError(
            f"the query has ended, because Spark could not keep its Python workers ({workers[0]}); nothing is lost: "
            "start again, and it goes on where it was; if that does not help, the machine has too little memory or too "
            "many other processes"
        )
    return None


def shortened(error: Exception) -> Exception:
    """Return an error as it is, or, of a long message, its lines that are not of a stack, within 2,000 characters.

    Spark searches the message of a batch's error by a regular expression that overflows the stack of the query's thread
    if it is long; the query then ends without an error.
    """
    text = str(error)
    if len(text) <= _LONGEST:
        return error
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("at ")]
    return SparkmonError(f"{type(error).__name__}: " + "\n".join(lines)[:_LONGEST])

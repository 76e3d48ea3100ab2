"""Checks a query's checkpoint before the query goes on: errors name the damaged file and the repair."""

import json
import re

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import SparkSession, functions as F

from sparkmon.compat import condition_of
from sparkmon.errors import CheckpointError

_TAKE_OVER = (
    "restore it from a copy, or take a new directory of checkpoints and start with --take-over (take_over=True): the "
    "log is read again, and what is in the tables is not written again"
)
_PLANNED, _COMMITTED = "offsets", "commits"
_ABSENT = "PATH_NOT_FOUND"


def check_checkpoint(spark: SparkSession, checkpoint: str) -> None:
    """Check the files of a query's batches; a CheckpointError names the one that is damaged or missing.

    Spark reads the same files; if one is damaged, its error quotes JSON and names no file.
    """
    planned, committed = (_read(spark, checkpoint, part) for part in (_PLANNED, _COMMITTED))
    if not planned and not committed:
        return
    metadata = _read(spark, checkpoint, "metadata").get(-1, "")
    if not _is_object(metadata):
        raise _damaged(f"{checkpoint}/metadata")
    last = max(planned, default=-1)
    for number in range(max(min([*planned, *committed]), last - 1), max([*planned, *committed]) + 1):
        text = planned.get(number, "")
        before = planned.get(number - 1, text)
        if not _is_whole(text) or len(text.split("\n")) != len(before.split("\n")):
            raise _damaged(f"{checkpoint}/{_PLANNED}/{number}")
        if number in committed and not _is_whole(committed[number]):
            raise _damaged(f"{checkpoint}/{_COMMITTED}/{number}", is_last=number == last)
        if number not in committed and number < last:
            raise _damaged(f"{checkpoint}/{_COMMITTED}/{number}")


def _read(spark: SparkSession, checkpoint: str, part: str) -> dict[int, str]:
    """Read the files of a part by their numbers; a file without one is -1."""
    place = f"{checkpoint}/{part}"
    try:
        files = spark.read.format("binaryFile").load(place)
        name, text = F.element_at(F.split("path", "/"), -1), F.decode("content", "UTF-8")
        # Spark lists a file that is empty, and gives no row for it.
        texts = {file.rpartition("/")[2]: "" for file in files.inputFiles()}
        texts |= {row[0]: row[1].strip() for row in files.select(name, text).collect()}
    except AnalysisException as error:
        if condition_of(error) == _ABSENT:
            return {}
        raise
    except PySparkException as error:  # such as a checksum that is not that of the file
        raise _damaged(place) from error
    return {int(name) if re.fullmatch(r"\d+", name) else -1: text for name, text in texts.items()}


def _is_whole(text: str) -> bool:
    """Whether a file is one of Spark's: a version, and a line of JSON for the batch and for each source."""
    version, *lines = text.split("\n")
    return (
        re.fullmatch(r"v\d+", version) is not None
        and bool(lines)
        and all(line == "-" or _is_json(line) for line in lines)
        and _is_object(lines[0])
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _is_object(text: str) -> bool:
    return text.startswith("{") and _is_json(text)


def _damaged(file: str, is_last: bool = False) -> CheckpointError:
    again = (
        "remove it, and its checksum (.NUMBER.crc) if there is one: the batch runs again and adds nothing that is "
        "there; or "
        if is_last
        else ""
    )
    return CheckpointError(f"{file} is damaged or missing; {again}{_TAKE_OVER}")

"""Whether Spark's Python workers can run sparkmon, or one sentence what to do."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import pyarrow as pa
from pyspark.sql import SparkSession

from sparkmon.compat import is_remote
from sparkmon.errors import SparkmonError

_MODULE = "sparkmon.ingest"
_REASON = re.compile(
    r"No module named '[\w.]+'"
    r"|Python in worker has different version.{1,80}?in driver:? [\d.]*\d"
    r'|Cannot run program "[^"]+"'
)


def check_workers(spark: SparkSession) -> None:
    """Raise SparkmonError unless the Python workers of a session can import sparkmon.

    Workers on this machine are tried by their interpreter, others by a task.
    """
    context = None if is_remote(spark) else spark.sparkContext
    if context is not None and str(context.master).startswith("local") and _runs(context.pythonExec):
        return
    try:
        spark.range(1).mapInArrow(_import_sparkmon, "id long").collect()
    except Exception as error:
        # A program that is not there is an error of the JVM's, and none of Spark's.
        failure = failure_of_workers(error)
        if failure is None:
            raise
        raise failure from error


def failure_of_workers(error: Exception) -> SparkmonError | None:
    """Explain an error whose cause is that Spark's workers cannot import a module; None for other causes."""
    reason = _REASON.search(str(error))
    if reason is None:
        return None
    return SparkmonError(
        f"Spark's Python workers cannot run sparkmon ({reason[0]}); if they are on this machine, set "
        f"PYSPARK_PYTHON={sys.executable} before the session starts; on a cluster, install sparkmon-kserve on its "
        "nodes, or bring it with spark-submit --py-files sparkmon.zip, over Spark Connect with "
        "spark.addArtifacts('sparkmon.zip', pyfile=True)"
    )


@cache
def _runs(python: str) -> bool:
    code = f"import sys, {_MODULE}; print(*sys.version_info[:2])"
    try:
        result = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return result.stdout.split() == [str(number) for number in sys.version_info[:2]]


def _import_sparkmon(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import_module(_MODULE)
    yield from batches

"""The Spark session of a command: the one that is active, or a quiet local one of its own."""

import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from rich.console import Console

from sparkmon.errors import SparkmonError
from sparkmon.session import configure, register

_JAVA_OPTIONS = "spark.driver.extraJavaOptions"
_TASKS = str(os.cpu_count() or 1)
_LOCAL = {
    "spark.app.name": "sparkmon",
    # Delta replays its log in 50 tasks otherwise: a commit of a small table takes three times as long.
    "spark.databricks.delta.snapshotPartitions": "1",
    # The optimising compiler costs a command of a minute more than it saves: a comparison of two small files takes 54
    # to 62 CPU seconds with it and 32 without, one of 4,000,000 rows and 20 columns 70 and 63.
    _JAVA_OPTIONS: "-XX:TieredStopAtLevel=1",
    "spark.driver.memory": "2g",
    "spark.log.level": "ERROR",
    "spark.master": "local[*]",
    "spark.sql.shuffle.partitions": _TASKS,
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
LONG = {
    _JAVA_OPTIONS: "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000"
    " -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
}
"""Settings of a command that runs for hours: what is called ten times as often as Java asks for is optimised.

See docs/decisions/one-pass.md for what each choice costs.
"""
_NOISE = "Warning: Java versions > Java 11"
"""DataSketches prints this in the JVM at the first sketch; it needs no off-heap operations here."""

_OURS = re.compile(r"\[SPARKMON_[A-Z_]+\][^\n]*")


@contextmanager
def open_session(settings: Mapping[str, str] | None = None, *, kafka: bool = False) -> Iterator[SparkSession]:
    """Open a Spark session with sparkmon registered, and turn Spark's errors into sentences.

    A session that is active already is used as it is, and left running. Otherwise one is started on this machine,
    with all its cores and these ``settings`` before sparkmon's own, and stopped at the end.
    """
    active = SparkSession.getActiveSession()
    spark = _start(settings or {}, kafka) if active is None else active
    try:
        register(spark)
        yield spark
    except PySparkException as error:
        raise SparkmonError(_sentence(error)) from error
    finally:
        if active is None:
            spark.stop()


def _start(settings: Mapping[str, str], kafka: bool) -> SparkSession:
    ours = {} if "SPARK_REMOTE" in os.environ else _LOCAL  # a server of Spark Connect has settings of its own
    chosen: dict[str, bool | float | int | str | None] = {**ours, **settings}
    builder = configure(SparkSession.builder, kafka=kafka).config(map=chosen)
    with _quiet() as output:
        try:
            return builder.getOrCreate()
        except (PySparkException, RuntimeError) as error:  # the JVM that does not start is the latter
            last = "".join(output[-20:])
            reason = _sentence(error)
            if "unresolved dependency" in last:
                reason = "its jars were not fetched; the first start needs Maven Central or a mirror of it"
            raise SparkmonError(f"Spark did not start: {reason}\n{last}".rstrip()) from error


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """Hold back what the JVM prints at its start; what it prints later goes to standard error.

    The JVM inherits both streams when it is launched, so that for the length of the launch they have to be others.
    Standard output stays clean for good.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    streams = [os.dup(1), os.dup(2)]
    source, sink = os.pipe()
    output: list[str] = []
    started = threading.Event()
    threading.Thread(target=_pass_on, args=(source, streams[1], output, started), daemon=True).start()
    with os.fdopen(os.dup(2), "w") as terminal:
        console = Console(file=terminal, stderr=True)
        for stream in (1, 2):
            os.dup2(sink, stream)
        os.close(sink)
        try:
            with console.status("starting Spark (its first start fetches 100 MB of Delta Lake)"):
                yield output
        finally:
            sys.stderr.flush()
            for stream, copy in zip((1, 2), streams, strict=True):
                os.dup2(copy, stream)
            os.close(streams[0])
            started.set()


def _pass_on(source: int, target: int, output: list[str], started: threading.Event) -> None:
    with os.fdopen(source, errors="replace") as lines, os.fdopen(target, "w") as out:
        for line in lines:
            if not started.is_set():
                output.append(line)
            elif not line.startswith(_NOISE):
                out.write(line)
                out.flush()


def _sentence(error: Exception) -> str:
    """Return sparkmon's own sentence in Spark's long message, or else its first line."""
    text = str(error)
    if ours := _OURS.search(text):
        return ours[0]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__

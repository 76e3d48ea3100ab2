"""Appends to a small table and reads of it, by delta-rs and by Spark."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from bench.closings import Closing
from bench.rounds import Contender, Rounds
from bench.section import Section
from sparkmon.errors import SparkmonError
from sparkmon.tables import Tables, TableWriter
from sparkmon.tables.spark_writer import SparkWriter

__all__ = ["measure_commits"]

_TABLE, _WRITER = "profiles", "bench"


def measure_commits(spark: SparkSession, folder: Path, rounds: Rounds, commits: int) -> Section:
    """Measure so many appends of 100 profiles, each a batch of a writer, and as many reads of one batch's rows."""
    batches = [Closing(5, 20).profiles(first=hour) for hour in range(commits)]
    places = [Tables(str(folder / name)) for name in ("by-delta-rs", "by-spark")]
    writers: dict[str, TableWriter] = {
        "delta-rs": places[0].open(),
        "Spark": SparkWriter(spark, places[1].location, places[1].name_of),
    }
    results = rounds.measure(
        [
            Contender(f"{name}: {what}", measure(writer, batches))
            for name, writer in writers.items()
            for what, measure in (("append", _appending), ("read", _reading))
        ]
    )
    by_name = {result.name: result for result in results}
    return Section(
        "commits",
        f"Small tables: {commits} appends of {batches[0].num_rows} profiles, and as many reads of those of one window",
        "commits",
        results,
        {
            f"Spark / delta-rs, {what}": by_name[f"Spark: {what}"].cost_beside(by_name[f"delta-rs: {what}"])
            for what in ("append", "read")
        },
        ["each table grows with each run; delta-rs and Spark have one of their own"],
    )


def _appending(writer: TableWriter, batches: list[pa.Table]) -> Callable[[], int]:
    numbers = count()

    def append() -> int:
        for batch in batches:
            if not writer.append(batch, _TABLE, writer=_WRITER, batch_id=next(numbers)):
                raise SparkmonError(f"{writer} has appended a batch before")
        return len(batches)

    return append


def _reading(writer: TableWriter, batches: list[pa.Table]) -> Callable[[], int]:
    def read() -> int:
        for batch in batches:
            start = batch["window_start"][0].as_py()
            rows = writer.read(_TABLE, ["model", "profile"], [("window_start", "=", start)])
            if rows is None or rows.num_rows % batch.num_rows or not rows.num_rows:
                raise SparkmonError(f"got {rows and rows.num_rows} rows of a window")
        return len(batches)

    return read

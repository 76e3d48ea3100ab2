"""From payload bytes to finished drift metrics, beside decoding alone and beside Spark on rows decoded already."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pyspark.sql import DataFrame, SparkSession, functions as F

from bench.rounds import Contender, Result, Rounds
from bench.section import Section
from bench.traffic import COLUMNS, DELAY, MODEL, WINDOW, WINDOWS, normals, write_traffic
from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks
from sparkmon.errors import SparkmonError
from sparkmon.monitor import Monitor, Windows
from sparkmon.profiles import reference_of
from sparkmon.sources import rows as decode
from sparkmon.statistics import STATISTICS
from sparkmon.store import LocalStore

__all__ = ["measure_payloads"]

_SPARK_ALONE = "Spark alone: decoded rows to mean and stddev"
_DECODING = "bytes to rows"
_FINDINGS = "bytes to findings"
_START = 50
"""So many times fewer events are in the run that tells what a stream costs before its first event."""


def measure_payloads(spark: SparkSession, folder: Path, rounds: Rounds, events: int) -> Section:
    """Measure ``events`` V1 requests of 20 numbers, in batch and on a stream; ``folder`` is for the data."""
    rounds.say(f"writing {events:,} events")
    few = events // _START
    write_traffic(folder / "spool", folder / "decoded", events)
    write_traffic(folder / "few" / "spool", folder / "few" / "decoded", few)
    store = _store(spark, folder / "store", events)

    def measure(name: str, way: _Way, data: Path, count: int) -> list[Contender]:
        runs = _contenders(way, data, store)
        return [Contender(f"{name}: {what}", _counted(run, count)) for what, run in runs.items()]

    # In batch and on streams apart: what streams leave behind in the JVM would burden the batches between them.
    in_batch = rounds.measure(measure("batch", _InBatch(spark), folder, events))
    stream = _OnAStream(spark, folder)
    on_stream = rounds.measure(
        [*measure("stream", stream, folder, events), *measure(f"stream of {few:,}", stream, folder / "few", few)]
    )
    results = [*in_batch, *on_stream]
    return Section(
        "payloads",
        f"Payload bytes to drift metrics: {events:,} V1 requests of 20 numbers each, {WINDOWS} windows",
        "events",
        results,
        _ratios("batch", results) | _ratios("stream", results) | _beyond_the_start(results, few),
        [
            "findings: drift and quality of every window and column",
            "streams start anew at every run and end with what is there (availableNow): that alone costs most of what "
            f"{few:,} events cost",
        ],
    )


@dataclass(frozen=True)
class _InBatch:
    """Reads what is there and runs to the end."""

    spark: SparkSession

    def read(self, source: str, path: Path) -> DataFrame:
        return self.spark.read.format(source).load(str(path))

    def discard(self, frame: DataFrame) -> None:
        frame.write.format("noop").mode("overwrite").save()

    def collect(self, frame: DataFrame, finish: Callable[[DataFrame], DataFrame]) -> int:
        return finish(frame).toArrow().num_rows

    def findings(self, store: LocalStore, events: DataFrame) -> int:
        monitor = Monitor(store, "unused/tables", windows=Windows(WINDOW, delay=DELAY))
        # The row that closes the last window is in a window of its own, which a stream does not close.
        profiles = monitor.profiles(events).where("profile.count > 1")
        return monitor.findings(profiles).toArrow().num_rows


@dataclass(frozen=True)
class _OnAStream:
    """The same as a query that is started anew, without a checkpoint's memory."""

    spark: SparkSession
    folder: Path

    def read(self, source: str, path: Path) -> DataFrame:
        reader = self.spark.readStream.format(source)
        if source == "parquet":  # streams of files are told their columns
            reader = reader.schema(self.spark.read.parquet(str(path)).schema)
        return reader.load(str(path))

    def discard(self, frame: DataFrame) -> None:
        with tempfile.TemporaryDirectory(dir=self.folder) as checkpoint:
            writer = frame.writeStream.format("noop").option("checkpointLocation", checkpoint)
            writer.trigger(availableNow=True).start().awaitTermination()

    def collect(self, frame: DataFrame, finish: Callable[[DataFrame], DataFrame]) -> int:
        found: list[int] = []

        def each(batch: DataFrame, _: int) -> None:
            found.append(finish(batch).toArrow().num_rows)

        with tempfile.TemporaryDirectory(dir=self.folder) as checkpoint:
            writer = frame.writeStream.outputMode("append").option("checkpointLocation", checkpoint)
            writer.foreachBatch(each).trigger(availableNow=True).start().awaitTermination()
        return sum(found)

    def findings(self, store: LocalStore, events: DataFrame) -> int:
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            monitor = Monitor(store, f"{folder}/tables", windows=Windows(WINDOW, delay=DELAY), alerting=Alerting(()))
            query = monitor.start(events, f"{folder}/checkpoints", available_now=True)
            query.awaitTermination()
            rows = monitor.tables.open(self.spark).read("drift_metrics", ["statistic"])
            return 0 if rows is None else rows.num_rows


_Way: TypeAlias = _InBatch | _OnAStream


def _contenders(way: _Way, folder: Path, store: LocalStore) -> dict[str, Callable[[], None]]:
    decoded = way.read("parquet", folder / "decoded")
    events = way.read("kserve", folder / "spool")
    rows = decode(events, store.schemas())
    of_numbers = [name for name in Checks().statistics if "numeric" in STATISTICS.get(name).kinds]
    findings = WINDOWS * (len(COLUMNS) * len(of_numbers) + 1)  # and the rate of dead letters
    return {
        # The row that closes the last window is alone in one of its own, which a stream does not close.
        _SPARK_ALONE: lambda: _expect(
            way.collect(_moments(decoded), lambda moments: moments.where("f00 IS NOT NULL")), WINDOWS
        ),
        _DECODING: lambda: way.discard(rows),
        _FINDINGS: lambda: _expect(way.findings(store, events), findings),
    }


def _moments(decoded: DataFrame) -> DataFrame:
    windows = decoded.withWatermark("event_time", DELAY).groupBy(F.window("event_time", WINDOW))
    return windows.agg(
        *(F.mean(name).alias(name) for name in COLUMNS), *(F.stddev(name).alias(f"{name}_stddev") for name in COLUMNS)
    )


def _store(spark: SparkSession, path: Path, rows: int) -> LocalStore:
    table = spark.createDataFrame(normals(rows, seed=2), COLUMNS)
    store = LocalStore(path)
    store.write_reference(reference_of(table, MODEL).toArrow())
    return store


def _counted(run: Callable[[], None], events: int) -> Callable[[], int]:
    def counted() -> int:
        run()
        return events

    return counted


def _expect(got: int, expected: int) -> None:
    if got != expected:
        raise SparkmonError(f"got {got} rows at the end of a run; expected {expected}")


def _ratios(mode: str, results: list[Result]) -> dict[str, float]:
    by_name = {result.name: result for result in results}
    whole = by_name[f"{mode}: {_FINDINGS}"]
    return {
        f"{whole.name} / {rival}": whole.cost_beside(by_name[f"{mode}: {rival}"]) for rival in (_DECODING, _SPARK_ALONE)
    }


def _beyond_the_start(results: list[Result], few: int) -> dict[str, float]:
    """Compare what further events cost on streams that run already."""

    def further(name: str) -> float:
        by_name = {result.name: statistics.median(result.cpu_s) for result in results}
        return by_name[f"stream: {name}"] - by_name[f"stream of {few:,}: {name}"]

    return {
        f"stream, beyond {few:,} events: {_FINDINGS} / {rival}": further(_FINDINGS) / further(rival)
        for rival in (_DECODING, _SPARK_ALONE)
    }

"""From payload bytes to finished drift metrics, beside decoding alone and beside Spark on rows decoded already."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import sparkmon
from bench.rounds import Contender, Rounds
from bench.section import Section
from bench.traffic import COLUMNS, DELAY, MODEL, WINDOW, WINDOWS, normals, write_traffic
from sparkmon.errors import SparkmonError
from sparkmon.profiles import profile_rows
from sparkmon.sources import rows as decoded_rows

__all__ = ["measure_payloads"]

_FINDINGS = WINDOWS * len(COLUMNS) * 3

Work = Callable[[DataFrame], DataFrame]
"""Makes the result from what was read, in batch and on a stream alike."""


def measure_payloads(spark: SparkSession, folder: Path, rounds: Rounds, events: int) -> Section:
    """Measure on ``events`` V1 requests of 20 numbers; ``folder`` is for the data."""
    spool, decoded = folder / "spool", folder / "decoded"
    rounds.say(f"writing {events:,} events")
    write_traffic(spool, decoded, events)
    monitor = _monitor(spark, folder)
    bench = _Bench(spark, folder, spool, decoded, events, monitor)
    results = rounds.measure(
        [each for stream in (False, True) for each in replace(bench, stream=stream).contenders()]
    )
    by_name = {result.name: result for result in results}
    ratios = {
        f"{mode}: to findings beside {rival}": by_name[f"{mode}: bytes to findings"].cost_beside(
            by_name[f"{mode}: {name}"]
        )
        for mode in ("batch", "stream")
        for rival, name in {
            "decoding alone": "bytes to rows",
            "Spark's mean and stddev of decoded rows": "Spark, decoded rows, mean + stddev",
        }.items()
    }
    title = f"Payload bytes to drift metrics: {events:,} V1 requests of 20 numbers, {WINDOWS} windows"
    notes = [
        "findings: ks, psi and wasserstein of each window and column against the reference, redeliveries sought and "
        "dropped first; 'each event taken as new' leaves that out. Streams run with availableNow, each from the start."
    ]
    return Section("payloads", title, "events", results, ratios, notes)


@dataclass(frozen=True)
class _Bench:
    spark: SparkSession
    folder: Path
    spool: Path
    decoded: Path
    events: int
    monitor: sparkmon.Monitor
    stream: bool = False

    def contenders(self) -> list[Contender]:
        kserve = self._read("kserve", self.spool)
        parquet = self._read("parquet", self.decoded)
        schemas = self.monitor.schemas
        return [
            self._contender("Spark, decoded rows, mean + stddev", parquet, _moments),
            self._contender("bytes to rows", kserve, lambda events: decoded_rows(events, schemas)),
            self._contender("bytes to findings", kserve, self.monitor.profiles, judge=True),
            self._contender(
                "bytes to findings, each event taken as new",
                kserve,
                lambda events: profile_rows(_watched(decoded_rows(events, schemas)), WINDOW),
                judge=True,
            ),
        ]

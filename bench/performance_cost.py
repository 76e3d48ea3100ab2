"""What performance by labels and by estimates adds to a monitor: ``make bench-performance``.

A monitor reads requests of 20 numbers and responses of one, in turn without and with labels, and closes their window.
With labels it keeps what the model answers; then the window is measured, first by what is expected, then by labels. CPU
seconds of the JVM, its Python workers and this process, each the median of all rounds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

from bench.bodies import BODIES, requests_as
from bench.machine import machine
from bench.meter import Meter
from bench.traffic import COLUMNS, MODEL, normals
from sparkmon.alerts import Alerting
from sparkmon.cli.spark import LONG, open_session
from sparkmon.errors import SparkmonError
from sparkmon.interval import from_micros
from sparkmon.labels import LabelSource
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor, Windows
from sparkmon.monitor.labels_watch import LabelsWatch
from sparkmon.profiles import reference_of, validation_of
from sparkmon.protocol import EVENTS
from sparkmon.store import LocalStore
from sparkmon.tables import Tables

_BATCH, _HELD_OUT = 4_096, 20_000
_HORIZON = timedelta(hours=1)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.performance_cost", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="requests, each with a response")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, after one that does not count")
    chosen = parser.parse_args()
    print(machine())
    spent: defaultdict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sparkmon-bench-")))
        meter = stack.enter_context(Meter())
        spark = stack.enter_context(open_session(LONG))
        traffic = _Traffic(spark, folder, chosen.rows)
        for number in range(1 + chosen.rounds):
            for with_labels in (False, True):
                before = meter.read().cpu_s
                for name in traffic.run(with_labels=with_labels):
                    now = meter.read().cpu_s
                    if number:
                        spent[name].append(now - before)
                    before = now
    _print(chosen.rows, {name: median(seconds) for name, seconds in spent.items()})


def _print(rows: int, spent: dict[str, float]) -> None:
    off, on, *passes = spent.values()
    print(f"\n{rows:,} requests and {rows:,} responses\n\n| | CPU s | of the path |\n|---|---|---|")
    print(f"| bytes to findings | {off:.2f} | 100 % |")
    print(f"| answers kept | {on - off:.2f} | {on / off - 1:.0%} |")
    for name, seconds in zip(("estimates", "labels, and estimates next to them"), passes, strict=True):
        print(f"| {name} | {seconds:.2f} | {seconds / off:.0%} |")
    print(f"| all of it | {on + sum(passes) - off:.2f} | {(on + sum(passes)) / off - 1:.0%} |")


class _Traffic:
    """A log, the store of references, and the labels of one model."""

    def __init__(self, spark: SparkSession, folder: Path, rows: int) -> None:
        self._spark, self._folder, self._rows = spark, folder, rows
        requests = requests_as(BODIES[0], rows)
        scores = np.random.default_rng(0).random(rows)
        with SpoolWriter(folder / "spool") as spool:
            for half in (requests, _responses(requests, scores)):
                for first in range(0, rows, _BATCH):
                    spool.append(half.slice(first, _BATCH))
        self._end = from_micros(int(requests.column("event_time").cast(pa.int64()).to_numpy().max())) + _HORIZON
        came_true = np.random.default_rng(1).random(rows) < scores
        labels = pa.table({"request_id": requests.column("event_id"), "late": pa.array(came_true)})
        Tables(f"{folder}/").open().append(labels, "labels")
        self._labels = {MODEL: LabelSource(f"{folder}/labels", "late", horizon=_HORIZON)}
        self._store = LocalStore(folder / "store")
        held_out = spark.createDataFrame(normals(_HELD_OUT, seed=2), COLUMNS).selectExpr(
            "*", "rand(3) AS score", "CAST(rand(4) < score AS INT) AS late"
        )
        table = held_out.localCheckpoint()
        self._store.write_reference(
            reference_of(table.drop("late"), MODEL, kinds={"score": "numeric"}, predictions=["score"]).toArrow()
        )
        self._store.write_reference(validation_of(table, MODEL, predictions=["score"], label="late"))

    def run(self, *, with_labels: bool) -> Iterator[str]:
        """Read the log anew; yield what has been done."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            labels = self._labels if with_labels else None
            windows = Windows("1 hour", delay="0 seconds")
            monitor = Monitor(self._store, f"{folder}/tables", windows=windows, alerting=Alerting(()), labels=labels)
            events = self._spark.readStream.format("kserve").load(f"{self._folder}/spool")
            monitor.start(events, f"{folder}/checkpoints", available_now=True, flush=True).awaitTermination()
            yield f"monitor, {with_labels=}"
            if not with_labels:
                return
            tables = monitor.tables.open()
            judge = LabelsWatch(tables, self._store, self._labels, process=len, windows=windows)
            for name, now, expected in (
                ("estimates", self._end, "cbpe"),
                ("labels", self._end + 2 * _HORIZON, "labels"),
            ):
                judged = judge.run(now)
                if [(each.basis, each.rows) for each in judged] != [(expected, self._rows)]:
                    raise SparkmonError(f"got {judged} of a pass; expected one window by {expected}")
                yield name


def _responses(requests: pa.RecordBatch, scores: np.ndarray) -> pa.RecordBatch:
    columns = {name: requests.column(name) for name in EVENTS.names}
    columns |= {
        "payload": pa.array([b'{"predictions":[%.6f]}' % score for score in scores.tolist()]),
        "event_type": pa.array(["response"] * len(scores)),
    }
    return pa.RecordBatch.from_pydict(columns).cast(EVENTS)


if __name__ == "__main__":
    main()

"""What sparkmon does on a version of Spark, as numbers in a JSON file: ``main_job.py OUT [BROKER TOPIC]``.

`scripts/test_versions.py` runs it in the environment of each version.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

import sparkmon
from sparkmon.compat import to_arrow
from sparkmon.distributions.kll import kll_rank_error, read_kll
from sparkmon.errors import MissingExtraError, SparkmonError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.schemas import EVENTS
from sparkmon.sources import KServeSource
from sparkmon.tables import Tables
from tests.support.streams import drained
from tests.support.traffic import requests

ROWS = 600
"""Fewer than a sketch retains, so that numbers are exact."""

_PAGE = Path(__file__).parents[2] / "docs" / "spark-3.5.md"

Numbers = dict[str, Any]


def training() -> pa.Table:
    """Return the rows that the model learnt from."""
    random = np.random.default_rng(1)
    start = np.datetime64("2026-01-05T00:00:00", "us")
    columns: dict[str, Any] = {
        "amount": random.normal(50, 10, ROWS),
        "age": random.normal(40, 5, ROWS),
        "channel": random.choice(["web", "shop", "phone"], ROWS, p=[0.6, 0.3, 0.1]),
        "time": pa.array(start + np.arange(ROWS) * np.timedelta64(5, "s"), pa.timestamp("us", "UTC")),
    }
    return pa.table(columns)


def events() -> list[Event]:
    """Return two hours of requests; in the second one ``amount`` is greater. The last event is broken."""
    random = np.random.default_rng(2)
    parts = []
    for hour, mean in enumerate((50, 80)):
        numbers = np.column_stack([random.normal(mean, 10, ROWS), random.normal(40, 5, ROWS)]).tolist()
        levels = random.choice(["web", "shop", "phone"], ROWS, p=[0.6, 0.3, 0.1]).tolist()
        rows = [{"amount": a, "age": b, "channel": c} for (a, b), c in zip(numbers, levels, strict=True)]
        parts += requests("shop", hour * 60, hour * 60 + 59, rows, 50)
    return [*parts, replace(parts[-1], event_id="broken", payload=b"{")]


class MainJob:
    """The parts of the job, each of which returns numbers."""

    def __init__(self, spark: SparkSession, work: Path, kafka: list[str]) -> None:
        self.spark, self.work, self.kafka = spark, work, kafka
        pq.write_table(training(), work / "training.parquet")
        self.timed = spark.read.parquet(str(work / "training.parquet"))
        self.table = self.timed.drop("time")
        self.store = work / "store"

    def profile(self) -> Numbers:
        """Summarise a table, in windows and as a reference."""
        windows = sparkmon.profile_table(
            self.timed, {"amount": "numeric", "channel": "categorical"}, model="m", time="time", window="20 minutes"
        )
        merged = sparkmon.merge_profiles(windows)
        reference = sparkmon.reference_of(self.table, "shop", slices=["channel"])
        return {
            "windows": _rows(windows, "column_name", "window_start", "profile.count", "profile.avg", "profile.max"),
            "merged": _rows(merged, "column_name", "profile.count", "profile.avg", "profile.m2"),
            "reference": _rows(reference, "column_name", "slice_value", "profile.count", "profile.avg"),
        }

    def sketches(self) -> Numbers:
        """Merge sketches of more rows than they retain: every rank is within the error that the sketch states."""
        rows = 200_000
        profile = sparkmon.profile_table(self.spark.range(rows).repartition(4), {"id": "numeric"}, model="m")
        sketch = read_kll(to_arrow(profile.select("profile.sketch"))["sketch"][0].as_py())
        order = np.argsort(sketch.values)
        ranks = np.cumsum(sketch.weights[order]) / rows
        worst = np.abs(ranks - (sketch.values[order] + 1) / rows).max()
        return {"rows": float(sketch.n), "within": bool(worst <= kll_rank_error(800))}

    def compare(self) -> Numbers:
        """Compare tables, and profiles with references; alert."""
        current = self.table.selectExpr("amount + 20 AS amount", "age", "channel")
        comparison = sparkmon.compare_tables(self.table, current)
        profiles = sparkmon.profile_table(current, {"amount": "numeric", "channel": "categorical"}, model="m")
        findings = sparkmon.compare(profiles, sparkmon.reference_of(self.table, "m"))
        return {
            "drifted": list(comparison.drifted),
            "tables": sorted([each["column_name"], each["statistic"], each["value"]] for each in comparison.findings),
            "findings": _rows(findings, "column_name", "statistic", "value", "p_value", "status"),
            "alerts": _rows(sparkmon.alerts_of(findings), "column_name", "severity", "message"),
        }

    def functions(self) -> Numbers:
        """Call the SQL functions."""
        current = self.table.selectExpr("amount + 20 AS amount", "age", "channel")
        for name, table in (("reference", self.table), ("live", current)):
            kinds = {"amount": "numeric", "channel": "categorical"}
            profiles = sparkmon.profile_table(table, kinds, model="m", k=4000)
            profiles.createOrReplaceTempView(name)
        names = ("psi", "ks", "wasserstein", "js")
        calls = ", ".join(f"sparkmon_{name}(reference.profile, live.profile)" for name in names)
        joined = self.spark.sql(f"SELECT column_name, {calls} FROM reference JOIN live USING (column_name)")
        self.table.selectExpr("amount", "if(age < 40, amount, null) AS some").createOrReplaceTempView("both")
        raw = self.spark.sql("SELECT sparkmon_ks_rows(amount, some), sparkmon_psi_rows(amount, some) FROM both")
        return {"profiles": _rows(joined), "rows": _rows(raw)}

    def stream(self) -> Numbers:
        """Decode and summarise a stream with Spark's own windows."""
        place = self.work / "events"
        place.mkdir()
        pq.write_table(pa.Table.from_batches([events_to_batch(events())]), place / "events.parquet")
        stream = self.spark.readStream.schema(EVENTS).parquet(str(place))
        profiles = sparkmon.profile_rows(sparkmon.rows(stream, delay="10 minutes"), "1 hour")
        result = drained(profiles, self.work / "stream")
        return {"windows": _rows(result, "column_name", "window_start", "profile.count", "profile.avg")}

    def delta_tables(self) -> Numbers:
        """Write tables of a catalog with Spark, twice, and read them."""
        self.spark.sql("CREATE SCHEMA IF NOT EXISTS monitoring")
        tables = Tables("monitoring").open(self.spark)
        written = [tables.append(pa.table({"x": [1.5, 2.5]}), "numbers", writer="w", batch_id=3) for _ in range(2)]
        again = Tables("monitoring").open(self.spark)
        written.append(again.append(pa.table({"x": [9.0]}), "numbers", writer="w", batch_id=3))
        rows = again.read("numbers")
        assert rows is not None
        return {"written": written, "rows": sorted(rows["x"].to_pylist())}

    def spool(self) -> Numbers:
        """Monitor the spool of `sparkmon receive`, from the log to alerts."""
        with SpoolWriter(self.work / "spool") as spool:
            spool.append(events_to_batch(events()))
        store = sparkmon.LocalStore(self.store)
        store.write_reference(to_arrow(sparkmon.reference_of(self.table, "shop")))
        monitor = sparkmon.Monitor(store, f"{self.work}/spool-tables")
        stream = KServeSource(str(self.work / "spool")).events(self.spark)
        query = monitor.start(stream, f"{self.work}/spool-checkpoints", available_now=True, flush=True)
        query.awaitTermination()
        return _recorded(monitor.tables)

    def monitor(self) -> Numbers:
        """Monitor a topic of Kafka with the file and the commands of docs/spark-3.5.md, from the log to alerts."""
        broker, topic = self.kafka
        page = _PAGE.read_text()
        (settings,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
        place = self.work / "commands"
        place.mkdir()
        pq.write_table(training().drop_columns(["time"]), place / "training.parquet")
        settings = settings.replace("broker:9092", broker).replace("topic: inference", f"topic: {topic}")
        (place / "monitor.yaml").write_text(settings)
        output = "".join(_command(place, *words.split()) for words in re.findall(r"^sparkmon (.+)$", page, re.M))
        return {**_recorded(Tables(f"{place}/tables")), "printed": "amount of the model shop drifted" in output}


def main(out: Path, *kafka: str) -> None:
    """Run the parts, and write what each gives or why it is refused."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, _session(Path(folder)) as (spark, has_delta):
        sparkmon.register(spark)
        job = MainJob(spark, Path(folder), [*kafka])
        parts: list[Callable[[], Numbers]] = [job.profile, job.sketches, job.compare, job.functions, job.stream]
        parts += [job.delta_tables, job.spool] if has_delta else []
        parts += [job.monitor] if kafka else []
        for part in parts:
            try:
                results[part.__name__] = part()
            except SparkmonError as error:
                results[part.__name__] = {"refused": str(error)}
            print(part.__name__, "done", flush=True)
    out.write_text(json.dumps(results, default=str))


@contextmanager
def _session(work: Path) -> Iterator[tuple[SparkSession, bool]]:
    """Start a small session; with Delta, where the environment has it."""
    small: dict[str, Any] = {
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder, has_delta = SparkSession.builder.master("local[2]"), True
    try:
        builder = sparkmon.configure(builder)
    except MissingExtraError:
        has_delta = False
    spark = builder.config(map=small).getOrCreate()
    try:
        yield spark, has_delta
    finally:
        spark.stop()


def _rows(frame: DataFrame, *columns: str) -> list[list[Any]]:
    """Return the rows of a DataFrame as lists, in an order that is the same everywhere."""
    rows = (frame.select(*columns) if columns else frame).collect()
    return sorted(([*row] for row in rows), key=lambda row: [str(each) for each in row[:3]])


def _recorded(tables: Tables) -> Numbers:
    """Return the findings and alerts of a monitor's tables."""
    writer = tables.open()
    findings = writer.read("drift_metrics", ["column_name", "window_start", "statistic", "value", "status"])
    alerts = writer.read("alerts", ["column_name", "state", "severity", "message"])
    dead_letters = writer.read("dead_letters", ["event_id", "condition"])
    named = {"findings": findings, "alerts": alerts, "dead_letters": dead_letters}
    rows = {name: [] if table is None else table.to_pylist() for name, table in named.items()}
    return {name: sorted(([*row.values()] for row in each), key=str) for name, each in rows.items()}


def _command(place: Path, *words: str) -> str:
    """Run a command of sparkmon; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "sparkmon", *words], cwd=place, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SparkmonError(done.stderr[-2000:])
    return done.stdout + done.stderr  # alerts are printed as a log is


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])

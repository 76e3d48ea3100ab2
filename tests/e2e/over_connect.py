"""A monitor over Spark Connect, run by ``test_connect.py``: prints what it found as JSON lines."""

import json
import os
import subprocess
import sys
import warnings
from datetime import datetime, timedelta, timezone

from pyspark.sql import DataFrame, SparkSession

import sparkmon
from sparkmon.logs import SpoolWriter
from sparkmon.protocol import events_to_batch, from_http
from sparkmon.records import Event
from tests.support.source import ROOT

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
ROWS = 2_000


def event(number: int, warmer: int = 0, body: bytes = b"") -> Event:
    headers = {
        "ce-id": str(number),
        "ce-source": "pod",
        "ce-type": "org.kubeflow.serving.inference.request",
        "ce-time": (START + timedelta(seconds=4 * number)).isoformat(),
        "ce-inferenceservicename": "flights",
        "ce-namespace": "prod",
    }
    return from_http(headers, body or b'{"instances": [[%d]]}' % (number % 100 + warmer))


def run_example(name: str) -> list[str]:
    """Run an example as a client that finds the server by ``SPARK_REMOTE``, and no Java; return what it prints."""
    ours = {"SPARK_LOCAL_REMOTE", "SPARK_CONNECT_MODE_ENABLED"}
    kept = {key: value for key, value in os.environ.items() if key not in ours and "REMOTE_INIT_CONF" not in key}
    environment = kept | {"SPARK_REMOTE": "sc://localhost", "JAVA_HOME": "/nowhere", "PYTHONPATH": str(ROOT)}
    example = [sys.executable, str(ROOT / "examples" / f"{name}.py")]
    return subprocess.run(example, stdout=subprocess.PIPE, env=environment, text=True, check=True).stdout.splitlines()


def counts_of(monitor: sparkmon.Monitor, events: DataFrame, folder: str) -> dict[str, object]:
    """Process what is there; return what the metrics say of it."""
    query = monitor.start(events, f"{folder}/checkpoints", available_now=True)
    query.awaitTermination()
    counts = query.watchdog.status().counts
    return {
        "rows": counts.rows,
        "late_rows": query.late_rows,
        "redelivered": counts.redelivered_events,
        "dead_letters": counts.dead_letters,
        "namespaces": [*counts.namespaces["flights"]],
    }


def main(folder: str) -> None:
    # Delta is set at the server's start; what a client may not set again is told as a warning.
    warnings.simplefilter("ignore")
    builder = sparkmon.configure(SparkSession.builder.remote("local[2]"))
    builder = builder.config("spark.databricks.delta.snapshotPartitions", "1")
    builder = builder.config("spark.sql.warehouse.dir", f"{folder}/warehouse")
    spark = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    assert type(spark).__module__.startswith("pyspark.sql.connect")
    sparkmon.register(spark)
    store = sparkmon.LocalStore(f"{folder}/store")
    table = spark.range(10_000).selectExpr("id / 100 AS temp")
    store.write_reference(sparkmon.reference_of(table, "flights").toArrow())
    # Two hours later all are warm.
    late = [event(number, warmer=80) for number in range(2 * ROWS, 3 * ROWS)]
    with SpoolWriter(f"{folder}/spool") as spool:
        spool.append(events_to_batch([event(number) for number in range(ROWS)] + late))
    checks = sparkmon.Checks(("ks", "psi"))
    spark.sql("CREATE SCHEMA monitoring")
    monitor = sparkmon.Monitor(store, "spark_catalog.monitoring", windows=sparkmon.Windows("1 hour"), checks=checks)
    events = spark.readStream.format("kserve").load(f"{folder}/spool")
    print(json.dumps(counts_of(monitor, events, folder)))
    with SpoolWriter(f"{folder}/spool") as spool:
        torn = event(3 * ROWS, body=b'{"instances": [[')
        # Of a window that has been closed, of one that is open, and again; and what cannot be read.
        spool.append(events_to_batch([event(ROWS), late[-1], torn]))
    print(json.dumps(counts_of(monitor, events, folder)))
    found = monitor.tables.read(spark, "drift_metrics").where("column_kind = 'feature'")
    found = found.orderBy("window_start", "statistic")
    for row in found.select("statistic", "current_count", "value", "status").toJSON().collect():
        print(row.value)
    live = spark.range(1_000).selectExpr("double(id) AS a", "id / 2 AS b")
    live.createOrReplaceTempView("live")
    print(spark.sql("SELECT sparkmon_ks_rows(a, b) AS value FROM live").toJSON().collect()[0].value)
    # One after the other: Spark gives each process that writes batches ten seconds to start.
    for name in ("sql_on_a_stream", "own_detector"):
        print(json.dumps({"lines": run_example(name)}))
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])

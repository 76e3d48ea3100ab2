"""examples/sql by spark-sql and by the Thrift server, with the jar alone: no Python runs."""

import csv
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pyspark
import pytest
from scipy.stats import ks_2samp, wasserstein_distance

from tests.support.ports import free_ports
from tests.support.program import run_program
from tests.support.source import ROOT

pytestmark = pytest.mark.jvm
BIN = Path(pyspark.__file__).parent / "bin"
COLUMNS = ["amount", "age"]
ENVIRONMENT = {**os.environ, "PYSPARK_PYTHON": "/bin/false", "SPARK_LOCAL_IP": "127.0.0.1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the example, in which Spark keeps its metastore, too."""
    return Path(shutil.copytree(ROOT / "examples" / "sql", tmp_path / "sql"))


def settings() -> list[str]:
    (jar,) = ROOT.glob("sparkmon/jars/sparkmon_2.13-*.jar")
    found = {
        "spark.sql.extensions": "io.sparkmon.SparkmonExtensions",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
    }
    options = [part for name, value in found.items() for part in ("--conf", f"{name}={value}")]
    return ["--master", "local[1]", "--jars", str(jar), *options]


def psi(reference: list[float], current: list[float]) -> float:
    """Return the sum over the reference's deciles of (q - p) ln(q / p), no share below 1e-4."""
    edges = np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf")
    counts = [np.bincount(np.searchsorted(edges, side), minlength=10) for side in (reference, current)]
    p, q = (np.maximum(count / count.sum(), 1e-4) for count in counts)
    return float(((q - p) * np.log(q / p)).sum())


def check(folder: Path, printed: str) -> None:
    """Compare the table and what was printed with the numbers of numpy and scipy on the same files."""
    table = csv.DictReader((folder / "training.csv").read_text().splitlines())
    training = [[float(row[name]) for name in COLUMNS] for row in table]
    calls = [json.loads(line) for file in folder.glob("log/*") for line in file.read_text().splitlines()]
    expected = {}
    for start in (0, 6, 12, 18):
        live = [
            row for call in calls if start <= int(call["time"][11:13]) < start + 6 for row in call["data"]["instances"]
        ]
        for at, name in enumerate(COLUMNS):
            sides = [[row[at] for row in rows] for rows in (training, live)]
            numbers = [*map(len, sides), psi(*sides), wasserstein_distance(*sides), ks_2samp(*sides).statistic]
            # The critical value of the table of Smirnov (1948): 1.949 is that of a chance of 0.001.
            expected[f"{start:02}", name] = [*numbers, 1.9495 * np.sqrt(1 / len(training) + 1 / len(live))]
    rows = pq.read_table(folder / "spark-warehouse" / "drift_metrics").to_pylist()
    found = {(f"{row['window_start']:%H}", row["column_name"]): [*row.values()][4:] for row in rows}
    assert found.keys() == expected.keys()
    for key, numbers in expected.items():
        assert found[key] == pytest.approx(numbers, rel=1e-4), key
        assert found[key][:5] == pytest.approx(numbers[:5], rel=1e-9), key
    lines = [line.split("\t") for line in printed.splitlines() if line.startswith("2026-")]
    drifted = [(key, expected[key]) for key in (("12", "amount"), ("18", "amount"))]
    assert [[line[0][11:13], *line[1:]] for line in lines] == [
        [*key, f"{numbers[2]:.3f}", f"{numbers[4]:.3f}"] for key, numbers in drifted
    ]


def test_spark_sql_runs_it(folder: Path) -> None:
    done = run_program(
        [str(BIN / "spark-sql"), *settings(), "-f", "drift.sql"], timeout_s=300, cwd=folder, env=ENVIRONMENT
    )
    assert done.returncode == 0, done.stderr[-3000:]
    check(folder, done.stdout)


def test_clients_of_the_thrift_server_run_it(folder: Path) -> None:
    (port,) = free_ports(1)
    server = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
    place = {"hive.server2.thrift.port": port, "hive.server2.thrift.bind.host": "127.0.0.1"}
    options = [part for name, value in place.items() for part in ("--hiveconf", f"{name}={value}")]
    command = [str(BIN / "spark-submit"), *settings(), "--class", server, "spark-internal", *options]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=log, stderr=log)
    try:
        await_port(port, process, folder / "server.log")
        client = [
            str(BIN / "beeline"),
            "-u",
            f"jdbc:hive2://127.0.0.1:{port}",
            "--outputformat=tsv2",
            "-f",
            "drift.sql",
        ]
        done = run_program(client, timeout_s=300, cwd=folder, env=ENVIRONMENT)
        assert done.returncode == 0, done.stderr[-3000:]
    finally:
        process.terminate()
        process.wait(60)
    check(folder, done.stdout)


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])

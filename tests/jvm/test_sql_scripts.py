"""examples/sql by spark-sql and by the Thrift server, with the jar alone: no Python runs."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
import pyspark
import pytest

from tests.support.payments import expected
from tests.support.ports import free_ports
from tests.support.program import run_program
from tests.support.source import ROOT

pytestmark = pytest.mark.jvm
BIN = Path(pyspark.__file__).parent / "bin"
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


def check(folder: Path, printed: str) -> None:
    """Compare the table and what was printed with the numbers of numpy and scipy on the same files."""
    rows = pq.read_table(folder / "spark-warehouse" / "drift_metrics").to_pylist()
    found = {(f"{row['window_start']:%H}", row["column_name"]): row for row in rows}
    assert found.keys() == expected().keys()
    for key, numbers in expected().items():
        assert {name: found[key][name] for name in numbers} == pytest.approx(numbers, rel=1e-9), key
        # Smirnov's table (1948) has 1.949 for a chance of 0.001.
        noise = 1.9495 * (1 / numbers["reference_count"] + 1 / numbers["current_count"]) ** 0.5
        assert found[key]["ks_threshold"] == pytest.approx(noise, rel=1e-4)
    lines = [line.split("\t") for line in printed.splitlines() if line.startswith("2026-")]
    assert [[line[0][11:13], *line[1:]] for line in lines] == [
        [*key, f"{expected()[key]['psi']:.3f}", f"{expected()[key]['ks']:.3f}"]
        for key in (("12", "amount"), ("18", "amount"))
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

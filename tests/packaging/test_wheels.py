"""The wheel, installed with each extra where nothing else is: what the extra is for works there."""

import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlretrieve

import pytest

from tests.support.program import run_program

pytestmark = [pytest.mark.wheels, pytest.mark.slow]

STATISTIC = """
from sparkmon.distributions import Distribution
from sparkmon.statistics import STATISTICS
import numpy as np
sides = (Distribution.from_sample(np.arange(0.0, n)) for n in (2_000, 1_000))
assert abs(STATISTICS.get("ks").function(*sides) - 0.5) < 1e-9
"""
RECEIVE = """
import socket, subprocess, sys, time, urllib.request
with socket.create_server(("127.0.0.1", 0)) as probe:
    port = probe.getsockname()[1]
words = ["sparkmon", "receive", "spool", "--host", "127.0.0.1", "--port", str(port)]
server = subprocess.Popen([sys.executable, "-m", *words])
event = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "pod", "ce-time": "2026-01-05T00:00:00Z",
         "ce-type": "org.kubeflow.serving.inference.request", "ce-inferenceservicename": "m"}
call = urllib.request.Request(f"http://127.0.0.1:{port}/", b'{"instances": [[1]]}', event)
for _ in range(600):
    try:
        assert urllib.request.urlopen(call).status == 202
        break
    except OSError:
        assert server.poll() is None
        time.sleep(0.1)
server.terminate()
assert server.wait(60) == 0
from sparkmon.logs import SpoolLog
"""
CLI = """
from sparkmon.cli import app
from typer.testing import CliRunner
run = lambda *words: CliRunner().invoke(app, [*words], catch_exceptions=False)
assert "No window has closed" in run("status", "./tables").output
import sparkmon.payload_logger.table_sender  # of sparkmon send
import subprocess, sys
done = subprocess.run([sys.executable, "-m", "sparkmon", "init", "--as", "m"], capture_output=True, text=True)
assert done.returncode == 2
assert done.stderr.endswith("pyspark is not installed; run: pip install 'sparkmon-kserve[spark]'\\n"), done.stderr
"""
DASHBOARD = """
import pathlib, urllib.request
from sparkmon.dashboard.app import running
from sparkmon.dashboard.settings import DashboardSettings
with running(DashboardSettings(str(pathlib.Path("tables").absolute()), port=0)) as address:
    assert b"No window has closed" in urllib.request.urlopen(address).read()
"""
SPARK = """
import sparkmon
from pyspark.sql import SparkSession
spark = sparkmon.configure(SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")).getOrCreate()
sparkmon.register(spark)
both = spark.range(2_000).selectExpr("id AS a", "if(id < 1000, id, null) AS b")
assert both.selectExpr("sparkmon_ks_rows(a, b)").first()[0] == 0.5
spark.range(3).write.format("delta").save("table")
spark.stop()
"""
ICEBERG_RUNTIME = (
    "https://repo1.maven.org/maven2/org/apache/iceberg/iceberg-spark-runtime-4.1_2.13/1.12.0/"
    "iceberg-spark-runtime-4.1_2.13-1.12.0.jar"
)
ICEBERG = """
import os, subprocess, sys
from pyspark.sql import SparkSession
import sparkmon
spark = SparkSession.builder.getOrCreate()
table = "lake.flights.training"
rows = spark.range(2_000).selectExpr("id AS distance", "CAST(id % 4 AS string) AS origin")
rows.writeTo(table).using("iceberg").create()
(snapshot,) = spark.sql(f"SELECT snapshot_id FROM {table}.snapshots").first()
spark.range(2_000).selectExpr("id + 5000 AS distance", "'9' AS origin").writeTo(table).append()
spark.stop()
profile = [sys.executable, "-m", "sparkmon", "profile", "--store", "store", "--as"]
subprocess.run([*profile, "flights", table], check=True)
of_first = ["--sql", f"SELECT * FROM {table} VERSION AS OF {snapshot}", "--reference", f"training:{snapshot}"]
subprocess.run([*profile, "first", *of_first], check=True)
store = sparkmon.LocalStore("store")
stored = [*store.read_references().to_pylist(), *store.read_references(f"training:{snapshot}").to_pylist()]
profiles = {(row["model"], row["column_name"]): row["profile"] for row in stored}
assert profiles["flights", "distance"]["avg"] == 3499.5, profiles
assert profiles["first", "distance"]["avg"] == 999.5, profiles
assert dict(profiles["flights", "origin"]["frequent_items"]) == {**dict.fromkeys("0123", 500), "9": 2_000}, profiles
"""
USES = {
    "": STATISTIC,
    "receiver": RECEIVE,
    "cli": CLI,
    "dashboard": DASHBOARD,
    "delta": SPARK,
    "sinks": "from sparkmon import Secret, SlackSink; SlackSink(Secret(env='HOME'))",
    "kafka": "from sparkmon.sinks import KafkaSink; KafkaSink('127.0.0.1:9', 'alerts')",
    "sql": "from sparkmon import SqlStore, open_store; open_store('store')",
    "serving": "import sparkmon.serving.transformer, sparkmon.payload_logger",
    "explain": "import sklearn, pyspark, sparkmon.dataframes",
    "plots": "import sparkmon.plot",
    "feast": "import feast; from sparkmon import FeastStore",
    "mlflow": "import mlflow; from sparkmon.mlflow import schema_of",
    "slices": "from sparkmon import slices_of",
}
WITHOUT = {
    "": {"pandas", "pyspark", "typer"},
    "receiver": {"pandas", "pyspark"},
    "cli": {"pyspark"},
    "dashboard": {"pyspark"},
}


@pytest.mark.parametrize("extra", USES)
def test_an_extra_is_enough_for_what_it_is_for(extra: str, built: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    package = f"{built}[{extra}]" if extra else str(built)
    done = run_program([python, "-m", "pip", "install", "--quiet", package], timeout_s=800)
    assert done.returncode == 0, done.stderr
    missing = "import importlib.util as u, sys; print(*(n for n in sys.argv[1:] if u.find_spec(n)))"
    there = run_program([python, "-c", missing, *WITHOUT.get(extra, ())], timeout_s=60, cwd=tmp_path)
    assert there.stdout.split() == []
    done = run_program([python, "-W", "error::ImportWarning", "-c", USES[extra]], timeout_s=400, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_snapshot_of_an_iceberg_table_makes_a_reference(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet"]
    done = run_program([*pip, f"{built}[delta,cli]", "pyspark==4.1.3"], timeout_s=800)  # Iceberg has no build for 4.2
    assert done.returncode == 0, done.stderr
    urlretrieve(ICEBERG_RUNTIME, tmp_path / "iceberg.jar")
    catalog = {"": "org.apache.iceberg.spark.SparkCatalog", ".type": "hadoop", ".warehouse": f"{tmp_path}/lake"}
    settings = " ".join(f"--conf spark.sql.catalog.lake{name}={value}" for name, value in catalog.items())
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", f"--jars {tmp_path}/iceberg.jar {settings} pyspark-shell")
    done = run_program([python, "-c", ICEBERG], timeout_s=800, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_wheel_has_what_the_package_reads_and_no_tests(built: Path) -> None:
    with zipfile.ZipFile(built) as wheel:
        names = set(wheel.namelist())
    folders = {name.split("/")[0] for name in names}
    assert folders == {"sparkmon", next(name for name in folders if name.endswith(".dist-info"))}
    assert "sparkmon/py.typed" in names
    assert "sparkmon/dashboard/templates/overview.html" in names
    assert "sparkmon/examples/flights/flights.parquet" in names

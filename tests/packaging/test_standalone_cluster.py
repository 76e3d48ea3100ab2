"""spark-submit on a standalone cluster: by --py-files where Python has the least, by --archives with all of it."""

import os
import sys
import tarfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import pyspark
import pytest
from deltalake import DeltaTable

from sparkmon.logs import SpoolWriter
from sparkmon.protocol import events_to_batch, from_http
from sparkmon.records import Event
from tests.faults.cluster import Cluster
from tests.support.payments import TRAINING, expected, hourly_instances
from tests.support.program import run_program
from tests.support.source import ROOT

pytestmark = [pytest.mark.wheels, pytest.mark.slow, pytest.mark.timeout(1800)]
SPARK = Path(pyspark.__file__).parent
SETTINGS = {
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.executor.memory": "600m",
    "spark.log.level": "WARN",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Give a master and two workers of one core each."""
    with Cluster(tmp_path_factory.mktemp("cluster") / "standalone", workers=2) as cluster:
        yield cluster


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give a folder with the log of examples/sql, as a receiver writes it."""
    with SpoolWriter(tmp_path / "log") as spool:
        spool.append(events_to_batch([event(time, rows) for time, rows in hourly_instances()]))
    return tmp_path


def event(time: str, rows: list[list[float]]) -> Event:
    instances = ", ".join(f'{{"amount": {amount}, "age": {age}}}' for amount, age in rows)
    headers = {
        "ce-id": time,
        "ce-source": "payments-predictor",
        "ce-type": "org.kubeflow.serving.inference.request",
        "ce-time": time,
        "ce-inferenceservicename": "payments",
    }
    return from_http(headers, f'{{"instances": [{instances}]}}'.encode())


def environment(folder: Path, *packages: str) -> Path:
    """Make a virtual environment with these packages and what they need, and return its Python."""
    run([sys.executable, "-m", "venv", str(folder)])
    python = folder / "bin" / "python"
    run([str(python), "-m", "pip", "install", "--quiet", *packages])
    return python


def run(command: list[str], environment: Mapping[str, str] | None = None, place: Path = ROOT) -> str:
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = run_program(command, timeout_s=1500, cwd=place, env={**plain, **(environment or {})})
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def submit(cluster: Cluster, place: Path, *options: str, **pythons: str) -> None:
    """Submit the example, and compare what it found with numpy and scipy."""
    spark = ".".join(pyspark.__version__.split(".")[:2])
    delta = f"io.delta:delta-spark_{spark}_2.13:{version('delta-spark')}"
    settings = [part for name, value in SETTINGS.items() for part in ("--conf", f"{name}={value}")]
    command = [str(SPARK / "bin" / "spark-submit"), "--master", cluster.master, "--packages", delta, *settings]
    job = [str(ROOT / "examples" / "submit" / "watch.py"), str(place / "log"), str(TRAINING), str(place)]
    spark_home = {"SPARK_HOME": str(SPARK), "SPARK_LOCAL_IP": "127.0.0.1"}
    printed = run([*command, *options, *job], spark_home | pythons, place)
    lines = [line.split("\t") for line in printed.splitlines() if line.count("\t") == 3]
    by_sql = {(hour, name): (float(psi), float(ks)) for hour, name, psi, ks in lines}
    assert by_sql.keys() == expected().keys()
    rows = DeltaTable(str(place / "tables" / "drift_metrics")).to_pyarrow_table().to_pylist()
    found = {(f"{row['window_start']:%H}", row["column_name"], row["statistic"]): row for row in rows}
    for (hour, name), numbers in expected().items():
        assert by_sql[hour, name] == pytest.approx((numbers["psi"], numbers["ks"]), rel=1e-9)
        for statistic in ("psi", "ks", "wasserstein"):
            finding = found[hour, name, statistic]
            assert finding["value"] == pytest.approx(numbers[statistic], rel=1e-9)
            is_moved = name == "amount" and hour in ("12", "18")
            assert finding["status"] == ("drift" if is_moved else "ok")


def test_workers_and_driver_need_numpy_pandas_and_pyarrow_alone(cluster: Cluster, place: Path) -> None:
    python = environment(place / "bare", "numpy", "pandas<3", "pyarrow")
    run([sys.executable, str(ROOT / "scripts" / "make_zip.py"), str(place / "sparkmon.zip")])
    submit(cluster, place, "--py-files", str(place / "sparkmon.zip"), PYSPARK_PYTHON=str(python))


def test_an_archive_brings_everything_to_workers_that_have_nothing(cluster: Cluster, place: Path, built: Path) -> None:
    # Where it is submitted, Spark looks for the workers' Python, too: it plans the data source with it.
    python = environment(place / "environment", str(built), "pandas<3", "deltalake")
    with tarfile.open(place / "environment.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(place / "environment", ".")
    pythons = {"PYSPARK_DRIVER_PYTHON": str(python), "PYSPARK_PYTHON": "./environment/bin/python"}
    submit(cluster, place, "--archives", "environment.tar.gz#environment", **pythons)

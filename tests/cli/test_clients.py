"""``sparkmon clients``: from the rows that a monitor has kept to the baseline of a model's clients."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from sparkmon.profiles import baselines_of
from sparkmon.store import LocalStore
from sparkmon.tables import Tables
from tests.support.attacks import kept_rows, recorded

MONITOR = """
source: {format: kserve, path: spool}
store: {path: store}
tables: ./tables
adversaries: {flights: header X-Client-Id}
"""


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    (tmp_path / "monitor.yaml").write_text(MONITOR)
    return tmp_path / "monitor.yaml"


def clients(monitor: Path, *words: str) -> Result:
    training = monitor.parent / "train.parquet"
    pq.write_table(recorded("flights", "reference").drop_columns(["client"]), training)
    predictions = ["--prediction", "p0", "--prediction", "p1"]
    return CliRunner().invoke(app, ["clients", str(monitor), "--training", str(training), *predictions, *words])


def test_kept_rows_make_a_baseline(spark: SparkSession, monitor: Path) -> None:
    rows = kept_rows("flights", recorded("flights", "honest"))
    Tables(f"{monitor.parent}/tables").open().append(rows, "rows")
    result = clients(monitor, "--as", "flights")
    assert result.exit_code == 0, result.exception
    baseline = baselines_of(LocalStore(monitor.parent / "store"), ["flights"])["flights"]
    counts = Counter(recorded("flights", "honest")["client"].to_pylist()).values()
    assert baseline.windows == sum(count // 100 for count in counts)
    assert f"flights: {baseline.windows} windows of 100 rows of {len(counts)} clients" in result.stdout
    refused = clients(monitor, "--as", "flights", "--honest", "nobody")
    assert "30 windows or more" in str(refused.exception)


def test_what_cannot_be_is_refused_before_spark_starts(monitor: Path) -> None:
    assert "adversaries in" in str(clients(monitor, "--as", "iris").exception)
    assert "run the monitor for a while first" in str(clients(monitor, "--as", "flights").exception)

"""``sparkmon maintain``: what it prints, and that a dry run changes nothing."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from sparkmon.tables import Tables

MONITOR = """
source: {format: kserve, path: spool}
store: {path: store}
tables: ./tables
retention: {profiles: 10 days, deliveries: null}
"""
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    (tmp_path / "monitor.yaml").write_text(MONITOR)
    return tmp_path / "monitor.yaml"


def maintain(*words: object) -> Result:
    return CliRunner().invoke(app, ["maintain", *map(str, words)])


@pytest.mark.slow
def test_the_tables_of_a_monitor_are_maintained(monitor: Path) -> None:
    tables = Tables(f"{monitor.parent}/tables").open()
    for day in range(20):
        tables.append(pa.table({"window_end": [NOON + timedelta(days=day)]}), "profiles")
        tables.append(pa.table({"time": [NOON + timedelta(days=100 * day)]}), "deliveries")
    for words in (["--dry-run"], []):
        result = maintain(monitor, *words)
        assert result.exit_code == 0, result.exception
        lines = [line.split() for line in result.stdout.splitlines()]
        assert lines == [
            ["table", "expired", "rows", "files", "compacted", "removed"],
            ["profiles", "9", "20", "20", "0"],
            ["deliveries", "0", "20", "20", "0"],
        ]
        assert ("a dry run: nothing was changed" in result.stderr) == bool(words)
        rows = tables.read("profiles")
        assert rows is not None
        assert rows.num_rows == (20 if words else 11)


def test_the_tables_of_a_catalog_are_maintained(spark: SparkSession, monitor: Path) -> None:
    monitor.write_text(MONITOR.replace("./tables", "maintained\ncheckpoints: ./checkpoints"))
    spark.sql("DROP DATABASE IF EXISTS maintained CASCADE")
    spark.sql("CREATE DATABASE maintained")
    tables = Tables("maintained").open(spark)
    for days in (range(7), range(7, 20)):
        times = [NOON + timedelta(days=day) for day in days]
        tables.append(pa.table({"window_end": times}), "profiles")
    result = maintain(monitor)
    assert result.exit_code == 0, result.exception
    assert result.stdout.splitlines()[1].split()[:3] == ["profiles", "9", "2"]
    rows = tables.read("profiles")
    assert rows is not None
    assert rows.num_rows == 11


def test_what_was_done_is_printed_as_json_too(monitor: Path) -> None:
    Tables(f"{monitor.parent}/tables").open().append(pa.table({"window_end": [NOON]}), "profiles")
    counts = {"expired_rows": 0, "files": 1, "compacted_files": 0, "removed_files": 0}
    assert json.loads(maintain(monitor, "--dry-run", "--json").stdout) == {"table": "profiles", **counts}


def test_a_monitor_without_tables_is_named(monitor: Path) -> None:
    result = maintain(monitor)
    assert result.exit_code == 0
    assert "there are no tables yet in" in result.stderr

"""Spark's Python workers import little: each of some six processes does so anew at each start of a monitor."""

import subprocess
import sys

import pytest

from tests.support.source import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("module", ["ingest", "sources.inference_log"])
def test_what_sparks_workers_import_is_no_more_than_they_use(module: str) -> None:
    code = f"import sys, sparkmon.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    heavy = {"pandas", "scipy", "kserve", "httpx", "sqlalchemy", "sqlglot", "deltalake", "pydantic"}
    rooms = {f"sparkmon.{room}" for room in ("monitor", "alerts", "comparison", "statistics")}
    if module == "ingest":
        rooms |= {"sparkmon.sources", "sparkmon.tables"}
    else:
        rooms -= {"sparkmon.alerts", "sparkmon.comparison"}  # the schemas of their tables
    assert not {*done.stdout.split()} & (heavy | rooms)


@pytest.mark.slow
def test_a_monitor_and_its_workers_need_numpy_pandas_and_pyarrow_alone() -> None:
    missing = ("orjson", "datasketches", "deltalake", "delta", "httpx", "pydantic", "scipy", "sqlglot", "yaml")
    names = (
        "Monitor, LocalStore, Outliers, SlackSink, compare, compare_tables, profile_rows, reference_of, register, rows"
    )
    code = f"import sys; sys.modules.update(dict.fromkeys({missing}))\nfrom sparkmon import {names}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr

"""``sparkmon compare`` on tables whose drift is known."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from scipy.stats import ks_2samp
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from sparkmon.comparison.checks import DEFAULT_STATISTICS
from sparkmon.errors import OptionError, UnknownNameError
from sparkmon.statistics import STATISTICS
from tests.support.source import ROOT

DRIFT = ROOT / "tests" / "data" / "drift"
LOANS = (DRIFT / "car_loan_reference.parquet", DRIFT / "car_loan_analysis.parquet")
FLIGHTS = (DRIFT / "airline_merger_reference.parquet", DRIFT / "airline_merger_analysis.parquet")
FIELDS = [
    *("window_start", "window_end", "chunk", "slice_key", "slice_value"),
    *("column_name", "statistic", "value", "threshold"),
    *("status", "noise", "p_value", "p_adjusted", "sketch_error"),
    *("reference_count", "current_count", "reason"),
]

pytestmark = pytest.mark.usefixtures("spark")


def compare(reference: Path, current: Path, *options: str) -> Result:
    tables = ["--reference", str(reference), "--current", str(current)]
    return CliRunner().invoke(app, ["compare", *tables, *options])


def findings(reference: Path, current: Path, *options: str) -> list[dict[str, Any]]:
    done = compare(reference, current, *options, "--json")
    assert done.exit_code == 0, done.exception
    return [json.loads(line) for line in done.stdout.splitlines()]


def table(path: Path, **columns: list[Any]) -> Path:
    pd.DataFrame(columns).to_parquet(path)
    return path


def test_the_loans_drift_from_the_fifth_chunk_on_and_only_where_they_did() -> None:
    rows = findings(*LOANS, "--chunk", "500", "--exclude", "id", "--exclude", "timestamp")
    drifted = {row["column_name"] for row in rows if row["status"] == "drift"}
    assert drifted == {
        *("car_value", "loan_length", "repaid_loan_on_prev_car", "salary_range", "y_pred_proba")
    }
    assert {row["chunk"] for row in rows if row["status"] == "drift"} == {5, 6, 7, 8, 9}
    assert {row["current_count"] for row in rows} == {500}
    assert "repaid" not in {row["column_name"] for row in rows}


def test_ks_of_a_chunk_is_scipys() -> None:
    rows = findings(*LOANS, "--chunk", "500", "--statistics", "ks")
    found = {row["chunk"]: row["value"] for row in rows if row["column_name"] == "car_value"}
    reference, current = (pd.read_parquet(path)["car_value"] for path in LOANS)
    for chunk in range(10):
        rest = current[500 * chunk : 500 * chunk + 500]
        # The reference's sketch is random. Its error at one point is within 0.00072 in 99 of 100 cases; the
        # greatest of all points, in ten chunks, is within three times that.
        assert found[chunk] == pytest.approx(ks_2samp(reference, rest).statistic, abs=0.0022)


def test_the_merger_is_found_in_the_airline_alone() -> None:
    rows = findings(*FLIGHTS, "--exclude", "DATE", "--statistics", "psi")
    assert [row["column_name"] for row in rows if row["status"] == "drift"] == ["AIRLINE"]
    shares = [pd.read_parquet(path)["AIRLINE"].value_counts(normalize=True) for path in FLIGHTS]
    pairs = pd.concat(shares, axis=1).fillna(0).clip(lower=1e-4).to_numpy()
    by_hand = sum((q - p) * math.log(q / p) for p, q in pairs)
    assert rows[0]["value"] == pytest.approx(by_hand, rel=1e-3)
    assert rows[0]["column_name"] == "AIRLINE"
    assert 0.4 < by_hand < 0.6


def test_a_finding_as_json_has_these_keys_and_nothing_else_is_printed(tmp_path: Path) -> None:
    known = table(tmp_path / "a.parquet", x=[float(i) for i in range(800)], old=[1] * 800)
    new = table(tmp_path / "b.parquet", x=[i + 200.0 for i in range(800)])
    command = [sys.executable, "-m", "sparkmon", "compare", "--json", "--statistics", "ks"]
    command += ["--reference", str(known), "--current", str(new)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=900)
    assert done.returncode == 0, done.stderr
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert list(row) == FIELDS
    assert row["value"] == pytest.approx(0.25)
    assert (row["status"], row["reference_count"]) == ("drift", 800)
    assert row["window_start"] is row["chunk"] is None
    assert done.stderr == "sparkmon: only in the reference table, not compared: old\n"


def test_windows_are_cut_by_time_and_numbered_in_its_order(tmp_path: Path) -> None:
    known = table(tmp_path / "a.parquet", x=["u", "v"] * 2000)
    days = [f"2026-01-0{day} 12:00:00" for day in (7, 5, 6) for _ in range(1000)]
    new = table(tmp_path / "b.parquet", x=["v"] * 1000 + ["u", "v"] * 1000, day=[*days[:-1], "?"])
    cut = ("--time", "day", "--window", "1 day")
    done = compare(known, new, *cut, "--statistics", "psi", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["chunk"], row["window_start"], row["status"]) for row in rows] == [
        (0, "2026-01-05T00:00:00Z", "ok"),
        (1, "2026-01-06T00:00:00Z", "ok"),
        (2, "2026-01-07T00:00:00Z", "drift"),
    ]
    assert [row["current_count"] for row in rows] == [1000, 999, 1000]
    assert done.stderr == "sparkmon: 1 rows without a time are in no window\n"


def test_chunks_keep_the_order_of_rows_and_the_short_end(tmp_path: Path) -> None:
    known = table(tmp_path / "a.parquet", x=[float(i) for i in range(3200)])
    hours = [pd.Timestamp("2026-01-05") + pd.Timedelta(hours=i) for i in range(2000)]
    new = table(tmp_path / "b.parquet", x=[float(i) for i in range(2000)], hour=hours)
    rows = findings(known, new, "--chunk", "800", "--time", "hour", "--statistics", "ks")
    assert [(row["chunk"], row["current_count"]) for row in rows] == [
        (0, 800),
        (1, 800),
        (2, 400),
    ]
    # Rows 0 to 799, 800 to 1599 and 1600 to 1999, of 0 to 3199.
    assert [row["value"] for row in rows] == pytest.approx([0.75, 0.5, 0.5])
    assert rows[0]["window_start"] == "2026-01-05T00:00:00Z"
    assert rows[0]["window_end"] == "2026-02-07T07:00:00Z"


def test_a_column_is_read_as_what_it_is_in_the_reference(tmp_path: Path) -> None:
    known = table(tmp_path / "a.parquet", x=[float(i) for i in range(800)], y=["1", "2"] * 400)
    new = table(tmp_path / "b.parquet", x=[str(i) for i in range(800)], y=[1, 2] * 400)
    rows = findings(known, new)
    assert {(row["column_name"], row["statistic"]) for row in rows} == {
        *(("x", name) for name in DEFAULT_STATISTICS if "numeric" in STATISTICS.get(name).kinds),
        *(("y", name) for name in ("psi", "js", "null_rate", "unseen_rate")),
    }
    assert {row["value"] for row in rows} == {0}


def test_the_table_ends_in_a_summary_and_the_exit_status_is_drift_only_if_requested() -> None:
    chosen = ("--exclude", "DATE", "--statistics", "ks,psi", "--threshold", "psi=0.1")
    done = compare(*FLIGHTS, *chosen)
    assert done.exit_code == 0
    assert done.stdout.rstrip().endswith("\n1 of 6 columns drifted: AIRLINE")
    assert " 0.1 " in next(line for line in done.stdout.splitlines() if "drift " in line)
    assert compare(*FLIGHTS, *chosen, "--fail-on-drift").exit_code == 1


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        (["--window", "1 day"], OptionError, "'--time' is missing"),
        (["--window", "1 day", "--chunk", "5"], OptionError, "expected one of them"),
        (["--time", "DATE", "--window", "1 month"], OptionError, "--window='1 month'"),
        (["--time", "when"], OptionError, "got the time column 'when'"),
        (["--time", "AIRLINE"], OptionError, "without a single time, such as '"),
        (["--exclude", "origin"], OptionError, "'origin', which is in neither table"),
        (["--statistics", "psy"], UnknownNameError, "no statistic named 'psy'"),
        (["--threshold", "psi"], OptionError, "NAME=NUMBER"),
        (["--slice", "AIRLIN"], OptionError, "a feature; perhaps AIRLINE; known are"),
        (["--threshold", "psi=-1"], OptionError, "a number of 0 or more"),
    ],
)
def test_what_cannot_be_done_is_refused(options: list[str], kind: type, said: str) -> None:
    done = compare(*FLIGHTS, *options)
    assert isinstance(done.exception, kind)
    assert said in str(done.exception)


def test_drift_in_one_slice_is_found_and_comes_first(tmp_path: Path) -> None:
    side = ["a", "b", "b", "b", "b"] * 800
    known = table(tmp_path / "a.parquet", x=[float(i % 800) for i in range(4000)], side=side)
    moved = [i % 800 + (200.0 if each == "a" else 0.0) for i, each in enumerate(side)]
    new = table(tmp_path / "b.parquet", x=moved, side=side)
    options = ("--statistics", "ks", "--slice", "side", "--slice", "x >= 400")
    rows = findings(known, new, *options)
    worst = rows[0]
    assert [worst[name] for name in ("slice_key", "slice_value", "status")] == [
        "side",
        "a",
        "drift",
    ]
    assert worst["value"] == pytest.approx(0.25)
    assert {row["slice_value"] for row in rows if row["status"] == "drift"} == {"a"}
    whole = next(row for row in rows if row["slice_key"] is None)
    assert (whole["value"], whole["status"]) == (pytest.approx(0.05, abs=0.004), "ok")
    done = compare(known, new, *options)
    assert "\nnone of 2 columns drifted; in slices: x (side = a); 1 could not" in done.stdout
    assert done.stdout.splitlines()[1].split()[:4] == ["side", "=", "a", "x"]
    assert compare(known, new, *options, "--fail-on-drift").exit_code == 1


def test_two_tables_without_a_common_column_are_refused(tmp_path: Path) -> None:
    done = compare(table(tmp_path / "a.parquet", x=[1]), table(tmp_path / "b.parquet", y=[1]))
    assert "without a common column" in str(done.exception)


def test_a_session_that_was_active_is_left_running(spark: SparkSession) -> None:
    compare(*FLIGHTS, "--statistics", "ks")
    assert spark.range(1).count() == 1

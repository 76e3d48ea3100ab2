"""``sparkmon compare`` on tables whose drift is known."""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from scipy.stats import ks_2samp
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from sparkmon.comparison.checks import DEFAULT_STATISTICS
from sparkmon.errors import OptionError, UnknownNameError
from sparkmon.statistics import STATISTICS
from tests.support.program import run_program
from tests.support.source import ROOT

DRIFT = ROOT / "tests" / "data" / "drift"
LOANS = (DRIFT / "car_loan_reference.parquet", DRIFT / "car_loan_analysis.parquet")
FLIGHTS = (DRIFT / "airline_merger_reference.parquet", DRIFT / "airline_merger_analysis.parquet")
FIELDS = [
    *("window_start", "window_end", "chunk", "slice_key", "slice_value"),
    *("column_name", "statistic", "value", "threshold", "limit", "status", "confirmed"),
    *("noise", "p_value", "p_adjusted", "blocks", "p_blocks_adjusted"),
    *("sketch_error", "reference_count", "current_count", "reason"),
]

pytestmark = pytest.mark.usefixtures("spark")


def compare(reference: Path, current: Path, *options: str) -> Result:
    tables = ["--reference", str(reference), "--current", str(current)]
    return CliRunner().invoke(app, ["compare", *tables, *options])


def findings(reference: Path, current: Path, *options: str) -> list[dict[str, Any]]:
    done = compare(reference, current, *options, "--json")
    assert done.exit_code == 0, done.exception
    return [json.loads(line) for line in done.stdout.splitlines()]


def table(path: Path, **columns: Sequence[Any] | np.ndarray[Any, Any]) -> Path:
    pd.DataFrame(columns).to_parquet(path)
    return path


def test_the_loans_drift_from_the_fifth_chunk_on_and_only_where_they_did(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    cut = ("--chunk", "500", "--exclude", "id", "--exclude", "timestamp", "--report", str(report))
    rows = findings(*LOANS, *cut)
    text = report.read_text()
    assert f"{LOANS[1]} against {LOANS[0]}"[:79] in text
    assert text.count("<dd>chunk 5, in 5 of 10 chunks</dd>") == 5
    assert "1970" not in text.partition("<script>")[0]
    assert text.count('class="plot"') == 5
    drifted = {row["column_name"] for row in rows if row["status"] == "drift"}
    assert drifted == {*("car_value", "loan_length", "repaid_loan_on_prev_car", "salary_range", "y_pred_proba")}
    assert {row["chunk"] for row in rows if row["status"] == "drift"} == {5, 6, 7, 8, 9}
    assert {row["current_count"] for row in rows if row["column_name"] != "repaid"} == {500}
    repaid = {(row["statistic"], row["chunk"]) for row in rows if row["column_name"] == "repaid"}
    assert repaid == {("missing_column", chunk) for chunk in range(10)}
    sure = [row["chunk"] for row in rows if row["confirmed"] and row["column_name"] in drifted]
    assert min(sure) == 5


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
    done = run_program(command, timeout_s=500)
    assert done.returncode == 0, done.stderr
    lone, row = (json.loads(line) for line in done.stdout.splitlines())
    assert (lone["column_name"], lone["statistic"]) == ("old", "missing_column")
    assert list(row) == list(lone) == FIELDS
    assert row["value"] == pytest.approx(0.25)
    assert (row["status"], row["reference_count"]) == ("drift", 800)
    assert row["window_start"] is row["chunk"] is None
    assert done.stderr == ""


def test_windows_are_cut_by_time_and_numbered_in_its_order(tmp_path: Path) -> None:
    known = table(tmp_path / "a.parquet", x=["u", "v"] * 2000)
    days = [f"2026-01-0{day} 12:00:00" for day in (7, 5, 6) for _ in range(1000)]
    new = table(tmp_path / "b.parquet", x=["v"] * 1000 + ["u", "v"] * 1000, day=[*days[:-1], "?"])
    cut = ("--time", "day", "--window", "1 day")
    report = tmp_path / "report.html"
    done = compare(known, new, *cut, "--statistics", "psi", "--json", "--report", str(report))
    assert "<dd>2026-01-08 00:00, in 1 of 3 windows</dd>" in report.read_text()
    assert report.read_text().count('class="plot"') == 3
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["chunk"], row["window_start"], row["status"]) for row in rows] == [
        (0, "2026-01-05T00:00:00Z", "ok"),
        (1, "2026-01-06T00:00:00Z", "ok"),
        (2, "2026-01-07T00:00:00Z", "drift"),
    ]
    assert [row["current_count"] for row in rows] == [1000, 999, 1000]
    assert done.stderr == (
        "sparkmon: the reference has no column 'day', by which its blocks would show what time alone does\n"
        "sparkmon: 1 rows without a time are in no window\n"
        f"sparkmon: {report}: 4.8 MB\n"  # of which plotly 4.8
    )


def test_chunks_keep_the_order_of_rows_and_the_short_end(tmp_path: Path) -> None:
    known = table(tmp_path / "a.parquet", x=[float(i) for i in range(3200)])
    hours = [pd.Timestamp("2026-01-05") + pd.Timedelta(hours=i) for i in range(2000)]
    new = table(tmp_path / "b.parquet", x=[float(i) for i in range(2000)], hour=hours)
    rows = findings(known, new, "--chunk", "800", "--time", "hour", "--statistics", "ks")
    assert [(row["chunk"], row["current_count"]) for row in rows] == [(0, 800), (1, 800), (2, 400)]
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
    (head,) = (line for line in done.stdout.splitlines() if line.startswith("column"))
    drift = next(line for line in done.stdout.splitlines() if "drift " in line)
    of_psi = next(row for row in findings(*FLIGHTS, *chosen) if row["status"] == "drift")
    under = {name: drift[: head.index(name) + len(name)].split()[-1] for name in ("value", "limit", "reference")}
    assert under == {
        "value": f"{of_psi['value']:.4g}",
        "limit": "0.1",
        "reference": f"{of_psi['reference_count']:,}",
    }
    assert compare(*FLIGHTS, *chosen, "--fail-on-drift").exit_code == 1


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        (["--window", "1 day"], OptionError, "'--time' is missing"),
        (["--block", "1 day"], OptionError, "'--time' is missing"),
        (["--time", "DATE", "--block", "1 month"], OptionError, "--block='1 month'"),
        (["--window", "1 day", "--chunk", "5"], OptionError, "expected one of them"),
        (["--time", "DATE", "--window", "1 month"], OptionError, "--window='1 month'"),
        (["--time", "when"], OptionError, "got the time column 'when'"),
        (["--time", "AIRLINE"], OptionError, "without a single time, such as '"),
        (["--exclude", "origin"], OptionError, "'origin', which is in neither table"),
        (["--statistics", "psy"], UnknownNameError, "no statistic named 'psy'"),
        (["--threshold", "psi"], OptionError, "NAME=NUMBER"),
        (["--slice", "AIRLIN"], OptionError, "a feature; perhaps AIRLINE; known are"),
        (["--report", "/none/report.html"], OptionError, "a file in a directory that exists"),
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
    assert [worst[name] for name in ("slice_key", "slice_value", "status")] == ["side", "a", "drift"]
    assert worst["value"] == pytest.approx(0.25)
    assert {row["slice_value"] for row in rows if row["status"] == "drift"} == {"a"}
    whole = next(row for row in rows if row["slice_key"] is None)
    assert (whole["value"], whole["status"]) == (pytest.approx(0.05, abs=0.004), "ok")
    done = compare(known, new, *options)
    assert "\nnone of 2 columns drifted; in slices: x (side = a); 1 could not" in done.stdout
    assert done.stdout.splitlines()[1].split()[:4] == ["side", "=", "a", "x"]
    assert compare(known, new, *options, "--fail-on-drift").exit_code == 1


def test_columns_that_are_gone_or_new_fail_a_check_and_are_named_in_quotes(tmp_path: Path) -> None:
    numbers = [float(i) for i in range(800)]
    full = table(tmp_path / "a.parquet", x=numbers, **{"of, old": numbers, "gone": numbers})
    less = table(tmp_path / "b.parquet", x=numbers, new=numbers)
    done = compare(full, less, "--fail-on-drift")
    assert done.exit_code == 1
    assert "none of 1 columns drifted; 2 missing: 'gone', 'of, old'; 1 not in the reference: 'new'" in done.stdout
    spared = ("--exclude", "gone", "--exclude", "of, old", "--exclude", "new")
    assert compare(full, less, *spared, "--fail-on-drift").exit_code == 0


def test_one_window_of_several_fails_no_check_before_another_confirms_it(tmp_path: Path) -> None:
    """A shift by 0.15 of the range is over the threshold of ks, 0.1, and not by twice that."""
    random = np.random.default_rng(3)
    calm = table(tmp_path / "a.parquet", x=random.uniform(size=8_000))
    moved = random.uniform(size=6_000)
    options = ("--chunk", "1000", "--statistics", "ks", "--fail-on-drift")
    once = np.where(np.arange(6_000) // 1000 == 2, moved + 0.15, moved)
    done = compare(calm, table(tmp_path / "b.parquet", x=once), *options)
    assert done.exit_code == 0
    assert "1 of 1 columns drifted, in 1 of 6 parts: x; confirmed: none" in done.stdout
    twice = np.where(np.isin(np.arange(6_000) // 1000, (2, 4)), moved + 0.15, moved)
    done = compare(calm, table(tmp_path / "c.parquet", x=twice), *options)
    assert done.exit_code == 1
    assert "1 of 1 columns drifted, in 2 of 6 parts: x\n" in done.stdout


def test_real_days_beside_the_days_of_the_reference_are_no_drift_of_the_day_of_the_week(tmp_path: Path) -> None:
    """A day has one day of the week, the reference all: psi is far over its threshold on each of 25 days."""
    flights = pd.read_parquet(ROOT / "examples" / "flights" / "flights.parquet")
    day = flights["dow"].diff().ne(0).cumsum().to_numpy()
    when = pd.Timestamp("2013-01-01") + pd.to_timedelta(day - 1, unit="D")
    rows = pd.DataFrame({"flown": when, "dow": flights["dow"].astype(str), "carrier": flights["carrier"]})
    for name, part in (("a", rows[day <= 65]), ("b", rows[day > 65])):
        part.to_parquet(tmp_path / f"{name}.parquet")
    calm, new = tmp_path / "a.parquet", tmp_path / "b.parquet"
    options = ("--time", "flown", "--window", "1 day", "--statistics", "psi,js")
    found = findings(calm, new, *options)
    assert len({row["chunk"] for row in found}) == 25
    assert {row["blocks"] for row in found} == {65}
    assert not [row for row in found if row["status"] == "drift" and row["confirmed"]]
    pd.read_parquet(calm).drop(columns="flown").to_parquet(calm)
    without = [row for row in findings(calm, new, *options) if row["column_name"] == "dow"]
    assert {row["status"] for row in without} == {"drift"}


def test_two_tables_without_a_common_column_are_refused(tmp_path: Path) -> None:
    done = compare(table(tmp_path / "a.parquet", x=[1]), table(tmp_path / "b.parquet", y=[1]))
    assert "without a common column" in str(done.exception)


def test_a_session_that_was_active_is_left_running(spark: SparkSession) -> None:
    compare(*FLIGHTS, "--statistics", "ks")
    assert spark.range(1).count() == 1

"""The same value is the same value, whichever file it is read from."""

import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from sparkmon.cli.open_table import open_table

pytestmark = pytest.mark.usefixtures("spark")


def compare(reference: Path, current: Path, *options: str) -> Result:
    places = ["--reference", str(reference), "--current", str(current)]
    return CliRunner().invoke(app, ["compare", *places, "--json", *options])


def values(done: Result) -> dict[tuple[str, str], float]:
    assert done.exit_code == 0, done.exception
    rows = map(json.loads, done.stdout.splitlines())
    return {(row["column_name"], row["statistic"]): row["value"] for row in rows}


def text(spark: SparkSession, path: Path) -> dict[str, str]:
    return dict(open_table(spark, str(path))[0].dtypes)


def test_codes_stay_text_and_numbers_become_numbers(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("code,zip,price,n,member,day\n007,01234,1.50,3,TRUE,2026-01-05\n010,K1A,-2e3,NA,FALSE,2026-01-06\n")
    assert text(spark, path) == {
        "code": "string",
        "zip": "string",
        "price": "double",
        "n": "double",
        "member": "string",
        "day": "timestamp",
    }
    rows = open_table(spark, str(path))[0].toPandas()
    assert rows["price"].tolist() == [1.5, -2000.0]
    assert np.isnan(rows["n"][1])


@pytest.mark.parametrize("mark", ["NA", "n/a", "NULL", "?", "-", " ", "none"])
def test_a_mark_of_a_missing_value_leaves_a_column_its_numbers(tmp_path: Path, mark: str) -> None:
    random = np.random.default_rng(5)
    tables = []
    for name, shift in (("before", 0.0), ("after", 1.7)):
        ages = (random.normal(size=1_000) + shift).round(4).astype(str)
        ages[::50] = mark
        path = tmp_path / f"{name}.csv"
        pd.DataFrame({"age": ages, "x": "same"}).to_csv(path, index=False)
        tables.append(path)
    found = values(compare(tables[0], tables[1], "--statistics", "ks,null_rate"))
    assert found["age", "null_rate"] == 0
    # The distance of two normal distributions 1.7 apart is 2 Phi(0.85) - 1 = 0.6047.
    assert found["age", "ks"] == pytest.approx(0.6047, abs=0.05)


def test_a_column_that_is_nearly_numbers_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x\n" + "\n".join([*map(str, range(98)), "absent", "absent"]) + "\n")
    done = compare(path, path)
    assert "x is text: 98.000% of its texts are numbers, others are such as 'absent'" in done.stderr
    named = compare(path, path, "--null", "ABSENT", "--statistics", "ks,null_rate")
    assert values(named) == {("x", "ks"): 0, ("x", "null_rate"): 0}


def test_a_file_is_read_with_the_references_types(tmp_path: Path) -> None:
    reference, current = tmp_path / "reference.csv", tmp_path / "current.csv"
    rows = [("01234", "TRUE", "1.50", "007"), ("K1A", "unknown", "n/k", "A12")] * 500
    names = ["zip", "member", "grade", "code"]
    pd.DataFrame(rows, columns=names).to_csv(reference, index=False)
    pd.DataFrame(rows[::2], columns=names).to_csv(current, index=False)
    found = values(compare(reference, current, "--statistics", "unseen_rate"))
    assert found == {(name, "unseen_rate"): 0 for name in names}


def test_dates_as_text_are_the_dates(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    days = [date(2026, 1, 1) + timedelta(days=int(each)) for each in random.integers(0, 300, 2_000)]
    times = [datetime(each.year, each.month, each.day, 12, tzinfo=timezone.utc) for each in days]
    member = [bool(each) for each in random.integers(0, 2, 2_000)]
    pd.DataFrame({"day": days, "time": times, "member": member}).to_parquet(tmp_path / "reference.parquet")
    for name, zone in (("csv", "Z"), ("jsonl", "+00:00")):
        stamps = [each.strftime("%Y-%m-%dT%H:%M:%S") + zone for each in times]
        written = pd.DataFrame({"day": map(str, days), "time": stamps, "member": member})
        path = tmp_path / f"current.{name}"
        if name == "csv":
            written.to_csv(path, index=False)
        else:
            written.to_json(path, orient="records", lines=True)
        found = values(compare(tmp_path / "reference.parquet", path, "--statistics", "ks,psi,type_rate,unseen_rate"))
        # Both sides are sketches of more rows than they keep.
        assert max(found.values()) < 0.01
        assert {value for (_, name), value in found.items() if name.endswith("rate")} == {0}


def test_a_reference_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "header.csv").write_text("x\n")
    (tmp_path / "rows.csv").write_text("x\n1\n2\n")
    done = compare(tmp_path / "header.csv", tmp_path / "rows.csv")
    assert done.exit_code != 0
    assert "a reference without rows" in str(done.exception)

"""``sparkmon profile``: what it stores and what it says."""

import json
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from sparkmon.detectors import DEFAULT_DETECTORS
from sparkmon.profiles import detectors_of, projections_of
from sparkmon.store import LocalStore
from tests.support.source import ROOT

LOANS = ROOT / "tests" / "data" / "drift" / "car_loan_reference.parquet"
CHOSEN = ["--as", "loans", "--exclude", "id", "--exclude", "repaid", "--exclude", "timestamp"]

pytestmark = pytest.mark.usefixtures("spark")


def profile(store: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["profile", *options, "--store", str(store)])


def test_the_reference_has_the_tables_columns_in_their_order(tmp_path: Path) -> None:
    options = [*CHOSEN, "--prediction", "y_pred_proba", "--categorical", "y_pred"]
    done = profile(tmp_path, str(LOANS), *options)
    assert done.exit_code == 0, done.exception
    (schema,) = LocalStore(tmp_path).schemas()
    assert [(f.name, f.kind) for f in schema.features] == [
        ("car_value", "numeric"),
        ("salary_range", "categorical"),
        ("debt_to_income_ratio", "numeric"),
        ("loan_length", "numeric"),
        ("repaid_loan_on_prev_car", "boolean"),
        ("size_of_downpayment", "categorical"),
        ("driver_tenure", "numeric"),
        ("y_pred", "code"),
    ]
    assert [f.name for f in schema.predictions] == ["y_pred_proba"]
    assert f"stored the reference 'training' of the model 'loans' in {tmp_path}" in done.stdout
    assert "sparkmon run monitor.yaml" in done.stdout


def test_it_prints_the_numbers_of_pandas(tmp_path: Path) -> None:
    done = profile(tmp_path, str(LOANS), *CHOSEN, "--window-rows", "500", "--json")
    columns = {row["column_name"]: row for row in map(json.loads, done.stdout.splitlines())}
    frame = pd.read_parquet(LOANS)
    value = columns["car_value"]
    expected = frame["car_value"].agg(["mean", "min", "max"]).to_dict()
    assert {name: value[name] for name in expected} == pytest.approx(expected, rel=1e-12)
    assert (value["rows"], value["nulls"], value["levels"]) == (5000, 0, None)
    assert 0.2 < value["found_from"] < 0.4
    assert 0.05 < columns["salary_range"]["found_from"] < 0.3
    shares = frame["salary_range"].value_counts(normalize=True).to_dict()
    assert columns["salary_range"]["levels"] == pytest.approx(shares)


def test_with_times_every_block_is_profiled_too(tmp_path: Path) -> None:
    done = profile(tmp_path, str(LOANS), *CHOSEN[:-2], "--time", "timestamp", "--block", "30 days")
    assert done.exit_code == 0, done.exception
    stored = LocalStore(tmp_path).read_references().to_pylist()
    of_value = [row for row in stored if row["column_name"] == "car_value"]
    blocks = [row["profile"]["count"] for row in of_value if row["block_start"] is not None]
    days = pd.to_datetime(pd.read_parquet(LOANS)["timestamp"], utc=True)
    by_hand = (days - pd.Timestamp(0, tz="UTC")).dt.days // 30
    assert sorted(blocks) == sorted(by_hand.value_counts())
    assert "timestamp" not in {row["column_name"] for row in stored}
    assert f"with {len(blocks)} blocks in" in done.stdout
    assert "found from: the smallest change" in done.stdout


def test_slices_are_stored_and_counted(tmp_path: Path) -> None:
    chosen = ["--slice", "repaid_loan_on_prev_car", "--slice", "car_value > 30000"]
    done = profile(tmp_path, str(LOANS), *CHOSEN, *chosen)
    assert done.exit_code == 0, done.exception
    assert f"of the model 'loans' with 4 slices in {tmp_path}" in done.stdout
    stored = LocalStore(tmp_path).read_references().to_pylist()
    found = {
        (row["slice_key"], row["slice_value"]): row["profile"]["count"]
        for row in stored
        if row["column_name"] == "car_value"
    }
    frame = pd.read_parquet(LOANS)
    repaid = frame["repaid_loan_on_prev_car"].astype(str).str.lower().value_counts()
    dear = int((frame["car_value"] > 30000).sum())
    expected: dict[tuple[str | None, str | None], int] = {
        (None, None): 5000,
        **{("repaid_loan_on_prev_car", str(value)): n for value, n in repaid.items()},
        ("car_value > 30000", "true"): dear,
        ("car_value > 30000", "false"): 5000 - dear,
    }
    assert found == expected
    assert done.stdout.count("car_value ") == 1


def test_a_query_and_the_environment_do_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKMON_STORE", str(tmp_path / "here"))
    command = ["--as", "toy", "--sql", "SELECT 1.5 AS x, array(1) AS y", "--model-version", "7"]
    done = CliRunner().invoke(app, ["profile", *command, "--reference", "night"])
    assert done.exit_code == 0, done.exception
    assert done.stderr == ("sparkmon: left out, for their types cannot be compared: y (array<int>)\n")
    stored = LocalStore(tmp_path / "here").read_references("night").to_pylist()
    assert [(row["model"], row["model_version"]) for row in stored] == [("toy", "7")]
    assert 'reference: "night"' in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sql", "SELECT 1 AS x WHERE false", "--as", "m"], "without rows"),
        (["--sql", "SELECT 'soon' AS t, 1 AS x", "--as", "m", "--time", "t"], "without a single time"),
        (["--sql", "SELECT 1 AS x", "--as", "m", "--prediction", "y"], "got the column 'y'"),
        (["--sql", "SELECT 1 AS x", "--as", "m", "--block", "1 fortnight"], "expected an interval"),
        (["--sql", "SELECT 1 AS x", "--as", "m", "--slice", "max(x)"], "got 'max' in the slice"),
        (["--sql", "SELECT 1 AS x", "--as", ""], "the name of the InferenceService"),
        (["--sql", "SELECT 1 AS x", "--as", "m", "--categorical", "x", "--exclude", "x"], "choose one"),
        (["--as", "m"], "expected one of them"),
        (["t.csv", "--sql", "SELECT 1 AS x", "--as", "m"], "expected one of them"),
    ],
)
def test_what_makes_no_reference_is_refused(tmp_path: Path, options: list[str], said: str) -> None:
    done = profile(tmp_path / "store", *options)
    assert said in str(done.exception)
    assert not (tmp_path / "store").exists()


def test_a_name_from_outside_cannot_paint_the_terminal(tmp_path: Path, spark: SparkSession) -> None:
    table = spark.createDataFrame([("\x1b[2J[bold]x",)], ["level"])
    table.createOrReplaceTempView("painted")
    done = profile(tmp_path, "painted", "--as", "m")
    assert "\\x1b[2J[bold]x 100%" in done.stdout


def test_joint_keeps_a_projection_of_whole_rows(tmp_path: Path) -> None:
    done = profile(tmp_path, str(LOANS), *CHOSEN, "--joint")
    assert done.exit_code == 0, done.exception
    assert ":joint" in done.stdout
    kept = LocalStore(tmp_path)
    ((key, projection),) = projections_of(kept.read_references()).items()
    assert key == ("loans", "")
    expected = ("car_value", "debt_to_income_ratio", "loan_length", "driver_tenure")
    assert {*expected} <= {*projection.names}
    assert ":joint" not in {f.name for f in kept.schemas()[0].features}
    refused = profile(tmp_path, str(LOANS), "--as", "loans", "--sql", "SELECT 1 AS x", "--joint")
    assert refused.exit_code != 0


def test_detectors_of_outliers_are_stored_with_the_reference(tmp_path: Path) -> None:
    done = profile(
        tmp_path, str(LOANS), *CHOSEN[:-2], "--outliers", "--time", "timestamp", "--block", "30 days", "--json"
    )
    assert done.exit_code == 0, done.exception
    assert ":outlier" not in done.stdout
    stored = LocalStore(tmp_path).read_references()
    ((key, model),) = detectors_of(stored).items()
    assert (key, [each.name for each in model.detectors]) == (("loans", ""), [*DEFAULT_DETECTORS])
    assert model.columns.levels["repaid_loan_on_prev_car"] in (("true", "false"), ("false", "true"))
    flags = [row for row in stored.to_pylist() if row["column_name"] == ":outlier"]
    blocks = [row["profile"]["count"] for row in flags if row["block_start"] is not None]
    (whole,) = [row["profile"]["count"] for row in flags if row["block_start"] is None]
    # A third of 5,000 rows made the detectors.
    assert sum(blocks) == whole == 5_000 - 5_000 // 3
    assert len(blocks) > 2

"""Profiles beside references: real drift is found, and every status stands where it should."""

from typing import Any

import pyarrow.parquet as pq
import pytest
import scipy.stats
from pyspark.sql import DataFrame, SparkSession

from sparkmon.comparison import Checks
from sparkmon.dataframes import compare
from sparkmon.errors import OptionError
from sparkmon.profiles import column_kinds, profile_table, reference_of
from sparkmon.schemas import DRIFT_METRICS
from tests.support.source import ROOT

DRIFT = ROOT / "tests" / "data" / "drift"
Row = dict[str, Any]


def found(findings: DataFrame) -> dict[tuple[str, str, str], Row]:
    assert findings.schema == DRIFT_METRICS
    rows = findings.toArrow().to_pylist()
    keyed = {(row["model_version"], row["column_name"], row["statistic"]): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed


OF_DRIFT = Checks(("ks", "psi", "wasserstein"))


def statuses(findings: dict[tuple[str, str, str], Row], version: str = "") -> dict[str, set[str]]:
    """List the statuses of each column."""
    by_column: dict[str, set[str]] = {}
    for (of_version, column, _), row in findings.items():
        if of_version == version:
            by_column.setdefault(column, set()).add(row["status"])
    return by_column


def test_the_merger_of_two_airlines_is_found_and_nothing_else(spark: SparkSession) -> None:
    before, after = (pq.read_table(DRIFT / f"airline_merger_{name}.parquet") for name in ("reference", "analysis"))
    reference = spark.createDataFrame(before)
    current = spark.createDataFrame(after)
    profiles = profile_table(current, column_kinds(current), model="flights")
    findings = found(compare(profiles, reference_of(reference, "flights")))
    drifted = {key[1:] for key, row in findings.items() if row["status"] == "drift"}
    names = ("psi", "js")
    expected = {(column, name) for column in ("AIRLINE", "DATE") for name in names}
    assert drifted == expected | {("DATE", "unseen_rate")}
    # popmon's published comparison of the whole tables gives 0.486.
    assert findings["", "AIRLINE", "psi"]["value"] == pytest.approx(0.486, rel=0.15)
    values = statuses(findings)
    assert set(values) == set(before.column_names)
    for column in ("CANCELLED", "DEPARTURE_DELAY", "TAXI_OUT", "AIR_TIME", "DISTANCE"):
        assert values[column] == {"ok"}
    sides = [table.column("DEPARTURE_DELAY").drop_null().to_numpy().astype(float) for table in (before, after)]
    delay = findings["", "DEPARTURE_DELAY", "ks"]
    distance = scipy.stats.ks_2samp(*sides).statistic
    # The sketches are random, and their stated error is that of 99 of 100 cases.
    assert delay["value"] == pytest.approx(distance, abs=3 * delay["sketch_error"])
    assert (delay["reference_count"], delay["current_count"]) == tuple(map(len, sides))


@pytest.fixture(scope="module")
def references(spark: SparkSession) -> DataFrame:
    """Give a reference for all versions of a model, and one for its version 2 alone."""
    table = spark.range(4000).selectExpr(
        "double(id) AS x", "'a' AS level", "1.0 AS constant", "double(id) AS void", "id AS echo"
    )
    made = reference_of(table, "m", predictions=["echo"])
    shifted = table.selectExpr("x + 4000 AS x")
    again = reference_of(shifted, "m", model_version="2", reference="second")
    other = reference_of(shifted, "another")
    return spark.createDataFrame(made.unionByName(again).unionByName(other).toArrow())


@pytest.fixture(scope="module")
def profiles(spark: SparkSession) -> DataFrame:
    """Give live windows of three versions; version 1 has only few rows."""
    table = spark.range(2000).selectExpr(
        "double(id) AS x",
        "'a' AS level",
        "1.0 AS constant",
        "CAST(NULL AS DOUBLE) AS void",
        "double(id) AS echo",
        "double(id) AS stranger",
    )
    made = profile_table(table, column_kinds(table), model="m")
    few = profile_table(table.limit(100), {"x": "numeric"}, model="m", model_version="1")
    second = profile_table(table, {"x": "numeric"}, model="m", model_version="2")
    return spark.createDataFrame(made.unionByName(few).unionByName(second).toArrow())


def test_every_status_stands_where_it_should(profiles: DataFrame, references: DataFrame) -> None:
    findings = found(compare(profiles, references, OF_DRIFT))
    assert statuses(findings) == {
        "x": {"drift"},
        "level": {"ok"},
        "constant": {"ok", "not_comparable"},
        "void": {"not_comparable", "drift"},
        "echo": {"no_reference"},
        "stranger": {"no_reference"},
    }
    assert findings["", "constant", "wasserstein"]["status"] == "not_comparable"
    assert findings["", "void", "ks"]["value"] is None
    # All rows have become null: only psi has a bin for them.
    assert findings["", "void", "psi"]["status"] == "drift"
    assert statuses(findings, "1") == {"x": {"drift"}}
    # Half of 0 .. 3999 against the whole: the shares differ by a half, the means by 1000.
    ks = findings["", "x", "ks"]
    assert ks["value"] == pytest.approx(0.5, abs=3 * ks["sketch_error"])  # random, see above
    assert findings["", "x", "wasserstein"]["value"] == pytest.approx(1000, rel=0.01)
    assert {key[2] for key in findings if key[1] == "level"} == {"psi"}
    assert findings["", "level", "psi"]["value"] == 0
    absent = findings["", "stranger", "ks"]
    assert (absent["value"], absent["reference"]) == (None, "")
    assert absent["reason"] == "the store has no reference for 'stranger' of the model 'm'"


def test_a_versions_own_reference_is_preferred(profiles: DataFrame, references: DataFrame) -> None:
    findings = found(compare(profiles, references, Checks(statistics=("ks",))))
    assert findings["2", "x", "ks"]["value"] == 1.0
    values = {key[0]: row["reference"] for key, row in findings.items() if key[1] == "x"}
    assert values == {"": "training", "1": "training", "2": "second"}


def test_a_threshold_decides(profiles: DataFrame, references: DataFrame) -> None:
    only = profiles.where("column_name = 'x' AND model_version = ''")
    values = {}
    for threshold in (0.4, 0.6):
        checks = Checks(statistics=("ks",), thresholds={"ks": threshold})
        finding = found(compare(only, references, checks))["", "x", "ks"]
        assert finding["threshold"] == threshold
        values[threshold] = finding["status"]
    assert values == {0.4: "drift", 0.6: "ok"}


def test_columns_to_keep_stand_in_front(profiles: DataFrame, references: DataFrame) -> None:
    kept = profiles.where("column_name = 'level'").selectExpr("'b1' AS `the batch`", "*")
    findings = compare(kept, references, OF_DRIFT, keep=["the batch"])
    assert findings.schema.names == ["the batch", *DRIFT_METRICS.names]
    assert [row["the batch"] for row in findings.toArrow().to_pylist()] == ["b1"]


def test_a_frame_of_something_else_is_refused(profiles: DataFrame, references: DataFrame) -> None:
    with pytest.raises(OptionError, match="got profiles without the column 'slice_key'"):
        compare(profiles.drop("slice_key"), references)
    with pytest.raises(OptionError, match="got references without the column 'block_start'"):
        compare(profiles, references.drop("block_start"))

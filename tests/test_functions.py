"""A statistic is one number, whichever way it is asked: numpy, UDF or SQL, of profiles or of rows, stream or batch."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
from pyspark.sql import DataFrame, SparkSession

from sparkmon import sources
from sparkmon.distributions import Categories, Distribution, summary_of, write_kll
from sparkmon.errors import OptionError, UnknownNameError
from sparkmon.functions import compare_profiles, over_profiles, over_rows
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.profiles import column_kinds, profile_rows, profile_table
from sparkmon.protocol import events_to_batch
from sparkmon.session import register
from sparkmon.statistics import STATISTICS
from tests.support.streams import drained
from tests.support.traffic import clock, requests

RANDOM = np.random.default_rng(11)
REFERENCE = RANDOM.normal(0, 1, 700)
CURRENT = RANDOM.normal(0.4, 1.3, 500)
REFERENCE_LEVELS = [f"l{at}" for at in RANDOM.integers(0, 6, 700)]
CURRENT_LEVELS = [f"l{at}" for at in RANDOM.integers(1, 8, 500)]
NUMERIC = sorted(name for name in STATISTICS if "numeric" in STATISTICS.get(name).kinds)
NAMES = sorted(STATISTICS)
CATEGORICAL = sorted(name for name in STATISTICS if "categorical" in STATISTICS.get(name).kinds)
OF_ROWS = {name for name in STATISTICS if STATISTICS.get(name).of_rows}
ASKED = [*((name, "x", "r_x") for name in NUMERIC), *((name, "level", "r_level") for name in CATEGORICAL)]
Numbers = dict[tuple[str, str], float | None]


def by_numpy() -> Numbers:
    numbers = Distribution.from_sample(REFERENCE), Distribution.from_sample(CURRENT)
    levels = [
        Categories({level: side.count(level) for level in side}, 0, len(side))
        for side in (REFERENCE_LEVELS, CURRENT_LEVELS)
    ]
    found: Numbers = {(name, "x"): STATISTICS.get(name).function(*numbers) for name in NUMERIC}
    return found | {(name, "level"): STATISTICS.get(name).function(*levels) for name in CATEGORICAL}


@pytest.fixture(scope="module")
def profiles(spark: SparkSession) -> DataFrame:
    """Give a row with both sides' profiles per column, and one whose live side is missing."""
    register(spark)
    register(spark)
    sides = []
    for numbers, levels in ((REFERENCE, REFERENCE_LEVELS), (CURRENT, CURRENT_LEVELS)):
        table = spark.createDataFrame(pa.table({"x": numbers.tolist(), "level": levels}))
        made = profile_table(table, column_kinds(table), model="m")
        sides.append(made.select("column_name", "profile").toArrow())
    reference, current = (spark.createDataFrame(side) for side in sides)
    reference = reference.withColumnRenamed("profile", "reference")
    both = reference.join(current, "column_name", "left")
    absent = reference.where("column_name = 'x'").selectExpr("'absent'", "reference", "NULL")
    return both.union(absent)


@pytest.fixture(scope="module")
def raw(spark: SparkSession) -> DataFrame:
    """Give the raw values, each side in columns of its own, in two equal groups."""
    nothing = [None] * 500
    table = pa.table(
        {
            "r_x": pa.array([*REFERENCE.tolist(), *nothing]),
            "x": pa.array([*([None] * 700), *CURRENT.tolist()]),
            "r_level": [*REFERENCE_LEVELS, *nothing],
            "level": [*([None] * 700), *CURRENT_LEVELS],
        }
    )
    frame = spark.createDataFrame(table)
    return frame.selectExpr("explode(array('one', 'two')) AS part", "*").repartition(3)


def same(found: Numbers, names: set[str]) -> None:
    expected = {key: value for key, value in by_numpy().items() if key[0] in names}
    assert found.keys() == expected.keys()
    assert found == {key: pytest.approx(value, rel=1e-12) for key, value in expected.items()}


def test_numpy_agrees_with_scipy() -> None:
    found = by_numpy()
    assert found["ks", "x"] == pytest.approx(scipy.stats.ks_2samp(REFERENCE, CURRENT).statistic)
    distance = scipy.stats.wasserstein_distance(REFERENCE, CURRENT)
    assert found["wasserstein", "x"] == pytest.approx(distance, rel=1e-12)
    assert found["mean", "x"] == pytest.approx(CURRENT.mean() - REFERENCE.mean(), rel=1e-12)
    assert found["std", "x"] == pytest.approx(CURRENT.std() - REFERENCE.std(), rel=1e-12)
    outside = (REFERENCE.min() > CURRENT) | (REFERENCE.max() < CURRENT)
    assert found["range_rate", "x"] == pytest.approx(outside.mean(), rel=1e-12)
    assert found["unseen_rate", "level"] == np.mean(~np.isin(CURRENT_LEVELS, REFERENCE_LEVELS)) > 0


def test_profiles_give_the_same_numbers_by_udf_and_by_sql(profiles: DataFrame) -> None:
    by_udf = [over_profiles(name)("reference", "profile").alias(f"udf_{name}") for name in NAMES]
    texts = [f"sparkmon_{name}(reference, profile) AS sql_{name}" for name in NAMES]
    found = profiles.select("column_name", "reference", "profile", *by_udf).selectExpr(
        "column_name", *(f"udf_{name}" for name in NAMES), *texts
    )
    rows = {row["column_name"]: row for row in found.toArrow().to_pylist()}
    for way in ("udf", "sql"):
        found_so = {(name, column): rows[column][f"{way}_{name}"] for name, column, _ in ASKED}
        same(found_so, set(STATISTICS))
        assert {rows["absent"][f"{way}_{name}"] for name in NAMES} == {None}
        assert rows["level"][f"{way}_ks"] is rows["x"][f"{way}_chi2"] is None


def test_raw_rows_give_the_same_numbers_by_udf_and_by_sql(spark: SparkSession, raw: DataFrame) -> None:
    asked_of_rows = [each for each in ASKED if each[0] in OF_ROWS]
    by_udf = [over_rows(name)(left, right).alias(f"{name} {right}") for name, right, left in asked_of_rows]
    raw.createOrReplaceTempView("raw_values")
    texts = ", ".join(
        f"sparkmon_{name}_rows({left}, {right}) AS `{name} {right}`" for name, right, left in asked_of_rows
    )
    asked = [raw.groupBy("part").agg(*by_udf), spark.sql(f"SELECT part, {texts} FROM raw_values GROUP BY part")]
    for frame in asked:
        rows = frame.toArrow().to_pylist()
        assert sorted(row["part"] for row in rows) == ["one", "two"]
        for row in rows:
            same({(name, right): row[f"{name} {right}"] for name, right, _ in asked_of_rows}, OF_ROWS)


def test_rows_without_a_value_are_counted_apart(spark: SparkSession) -> None:
    sides = []
    for numbers in ([1.0, 2.0, None, None], [1.0, float("nan"), None, 3.0, float("inf")]):
        table = spark.createDataFrame(pa.table({"x": numbers}))
        kinds: dict[str, Any] = {"x": "numeric"}
        (row,) = profile_table(table, kinds, model="m").select("profile").toArrow().to_pylist()
        sides.append(row["profile"])
    found = [summary_of(side, "numeric") for side in sides]
    # Two null of four rows against one of five; no NaN and no infinity of four against one of five.
    assert STATISTICS.get("null_rate").function(*found) == pytest.approx(0.5 - 0.2)
    assert STATISTICS.get("nan_rate").function(*found) == STATISTICS.get("inf_rate").function(*found) == 0.2


@pytest.mark.parametrize("name", sorted(set(STATISTICS) - OF_ROWS))
def test_nulls_are_not_counted_where_they_mark_the_other_side(name: str) -> None:
    is_joint = STATISTICS.get(name).kinds == {"joint"}
    assert is_joint or name in {"inf_rate", "nan_rate", "null_rate", "type_rate"}
    said = "of all features together" if is_joint else "null marks the rows of the other side"
    with pytest.raises(OptionError, match=said):
        over_rows(name)


def test_rows_beyond_numbers_are_counted_as_profiles_count_them(spark: SparkSession) -> None:
    table = pa.table(
        {
            "r": [1.0, 2.0, 3.0, 4.0],
            "x": [1.0, float("inf"), float("-inf"), 4.0],
            "r_flag": [True, False, False, False],
            "flag": [True, False, None, None],
            "void": pa.array([None] * 4, pa.float64()),
        }
    )
    psi, ks = over_rows("psi"), over_rows("ks")
    columns = [psi("r", "x").alias("x"), psi("r_flag", "flag").alias("flag")]
    frame = spark.createDataFrame(table)
    (row,) = frame.agg(*columns, ks("r", "void").alias("void")).toArrow().to_pylist()
    reference = Distribution.from_sample([1, 2, 3, 4])
    current = Distribution.from_sample([1, 4, None, None])
    assert row["x"] == pytest.approx(STATISTICS.get("psi").function(reference, current))
    flags = Categories({"true": 1, "false": 3}, 0, 4), Categories({"true": 1, "false": 1}, 0, 2)
    assert row["flag"] == pytest.approx(STATISTICS.get("psi").function(*flags))
    assert row["void"] is None


def test_sql_on_a_stream_gives_the_same_numbers(spark: SparkSession, profiles: DataFrame, tmp_path: Path) -> None:
    rows: list[Any] = [{"x": x, "level": level} for x, level in zip(CURRENT, CURRENT_LEVELS)]  # noqa: B905
    with SpoolWriter(tmp_path / "spool") as spool:
        spool.append(events_to_batch([*requests("m", 0, 60, rows, 50), clock(120)]))
        source = spark.readStream.format("kserve").load(str(spool.path))
        decoded = sources.rows(source, delay="1 minute")
        profile_rows(decoded, "1 hour").createOrReplaceTempView("live")
        profiles.where("profile IS NOT NULL").createOrReplaceTempView("known")
        statistics = ", ".join(f"sparkmon_{name}(k.reference, l.profile) AS {name}" for name in NAMES)
        live = spark.sql(
            f"SELECT l.window_start, l.column_name, {statistics} "
            "FROM live l JOIN known k ON k.column_name = l.column_name"
        )
        assert live.isStreaming
        found = {row["column_name"]: row for row in drained(live, tmp_path).toArrow().to_pylist()}
    same({(name, column): found[column][name] for name, column, _ in ASKED}, set(STATISTICS))


@pytest.mark.parametrize("name", NUMERIC)
def test_two_sketches_say_all_that_is_of_numbers_alone(name: str) -> None:
    statistic, sketches = STATISTICS.get(name), (write_kll([REFERENCE], 800), write_kll([CURRENT], 800))
    if name in OF_ROWS:
        assert compare_profiles(statistic, *sketches) == pytest.approx(by_numpy()[name, "x"], rel=1e-12)
    wrong: list[Any] = [(sketches[0], {}), *([sketches] if name not in OF_ROWS else [])]
    for pair in wrong:
        with pytest.raises(OptionError, match=r"expected two (sketches or two )?profiles"):
            compare_profiles(statistic, *pair)


@pytest.mark.parametrize("make", [over_profiles, over_rows])
def test_an_unknown_statistic_is_refused(make: Any) -> None:  # noqa: ANN401
    with pytest.raises(UnknownNameError, match=r"no statistic named 'psy'; known are chi2"):
        make("psy")

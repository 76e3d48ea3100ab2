"""A table's profiles say what numpy and a plain count say of the same columns."""

import math
from collections import Counter
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import datasketches
import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sparkmon.distributions import kll_rank_error, read_kll
from sparkmon.errors import OptionError
from sparkmon.profiles import column_kinds, profile_table
from sparkmon.schemas import PROFILES

Row = dict[str, Any]
RANDOM = np.random.default_rng(20261123)
N = 750
INF = math.inf


def with_nulls(values: list[Any], every: int) -> list[Any]:
    return [None if at % every == 3 else value for at, value in enumerate(values)]


NUMBERS = with_nulls(RANDOM.lognormal(3, 1, N).tolist(), 10)
NUMBERS[:9] = [math.nan, INF, -INF, math.nan, INF, 1e300, -1e-300, -0.0, math.nan]
WHOLES = with_nulls(RANDOM.integers(-50, 50, N).tolist(), 7)
LEVELS = with_nulls([f"level {at}" for at in RANDOM.zipf(1.7, N) % 40], 9)
FLAGS = with_nulls((RANDOM.random(N) < 0.3).tolist(), 8)
DAYS = with_nulls([date.fromordinal(738000 + int(at)) for at in RANDOM.integers(0, 900, N)], 11)
PRICES = [Decimal(int(at)) / 100 for at in RANDOM.integers(0, 10_000, N)]
SPELT = ["1.5", "x", None, "NaN", "-Infinity", "2e3", ""] * 100

COLUMNS: dict[str, tuple[list[Any], pa.DataType]] = {
    "amount": (NUMBERS, pa.float64()),
    "whole number": (WHOLES, pa.int64()),
    "geo.level": (LEVELS, pa.string()),
    "tick`s": (FLAGS, pa.bool_()),
    "day": (DAYS, pa.date32()),
    "price": (PRICES, pa.decimal128(10, 2)),
    "void": ([None] * N, pa.float64()),
    "void of text": ([None] * N, pa.string()),
    "list": ([[1.0]] * N, pa.list_(pa.float64())),
}
TABLE = pa.table({name: pa.array(values, kind) for name, (values, kind) in COLUMNS.items()})


@pytest.fixture(scope="module")
def profiles(spark: SparkSession) -> dict[str, Row]:
    frame = spark.createDataFrame(TABLE).repartition(3)
    made = profile_table(frame, column_kinds(frame), model="m", model_version="2")
    assert made.schema.names == PROFILES.names
    return {row["column_name"]: row for row in made.toArrow().to_pylist()}


def kept(profile: Row) -> list[float]:
    """List what a small sketch retains, as the datasketches library reads it, and as numpy does."""
    sketch = datasketches.kll_doubles_sketch.deserialize(profile["sketch"])
    ours = read_kll(profile["sketch"])
    assert (sketch.n, sketch.k) == (ours.n, 800)
    theirs = sorted(value for value, weight in sketch for _ in range(weight))
    assert theirs == ours.values.tolist()
    return theirs


def test_the_kinds_of_columns_follow_their_types(spark: SparkSession) -> None:
    kinds = column_kinds(spark.createDataFrame(TABLE), ["price"])
    assert kinds == {
        "amount": "numeric",
        "whole number": "numeric",
        "geo.level": "categorical",
        "tick`s": "boolean",
        "day": "time",
        "void": "numeric",
        "void of text": "categorical",
    }
    with pytest.raises(OptionError, match="got the column 'absent'"):
        column_kinds(spark.createDataFrame(TABLE), ["absent"])
    with pytest.raises(OptionError, match="no column of numbers, dates, strings or truth values"):
        column_kinds(spark.createDataFrame(TABLE.select(["list"])))


def test_every_profile_stands_under_its_key(profiles: dict[str, Row]) -> None:
    assert set(profiles) == set(COLUMNS) - {"list"}
    for name, row in profiles.items():
        assert (row["model"], row["model_version"], row["column_name"]) == ("m", "2", name)
        assert (row["slice_key"], row["slice_value"], row["column_kind"]) == (None, None, "feature")
        assert row["window_start"] is row["window_end"] is None


@pytest.mark.parametrize("name", ["amount", "whole number", "day", "price", "void"])
def test_numbers_are_summed_up_as_numpy_does(profiles: dict[str, Row], name: str) -> None:
    profile = profiles[name]["profile"]
    values = COLUMNS[name][0]
    if name == "day":
        epoch = date(1970, 1, 1)
        values = [None if day is None else (day - epoch).days * 86400 for day in values]
    present = np.array([value for value in values if value is not None], np.float64)
    finite = present[np.isfinite(present)]
    assert profile["count"] == N
    assert profile["num_nulls"] == values.count(None)
    assert profile["num_nan"] == np.isnan(present).sum()
    assert profile["num_inf"] == np.isinf(present).sum()
    assert profile["num_numbers"] == finite.size
    assert profile["num_texts"] == 0
    if not finite.size:
        assert profile["min"] is profile["max"] is profile["avg"] is profile["m2"] is None
        return
    assert (profile["min"], profile["max"]) == (finite.min(), finite.max())
    assert profile["avg"] == pytest.approx(finite.mean(), rel=1e-12)
    with np.errstate(over="ignore"):  # 1e300 squared is beyond doubles
        assert profile["m2"] == pytest.approx(finite.size * finite.var(), rel=1e-12)
    assert kept(profile) == sorted(finite.tolist())


@pytest.mark.parametrize("name", ["geo.level", "tick`s", "void of text"])
def test_levels_are_counted_exactly(profiles: dict[str, Row], name: str) -> None:
    profile = profiles[name]["profile"]
    values = COLUMNS[name][0]
    texts = [str(value).lower() if name == "tick`s" else value for value in values if value != None]  # noqa: E711
    assert dict(profile["frequent_items"]) == Counter(texts)
    assert (profile["num_texts"], profile["num_nulls"]) == (len(texts), values.count(None))
    assert (profile["num_numbers"], profile["sketch"], profile["avg"]) == (0, None, None)
    distinct = datasketches.hll_sketch.deserialize(profile["distinct_sketch"]).get_estimate()
    assert distinct == pytest.approx(len(set(texts)), abs=0.5)


def test_strings_of_a_numeric_column_are_numbers_or_else_texts(spark: SparkSession) -> None:
    frame = spark.createDataFrame(pa.table({"spelt": SPELT}))
    (row,) = profile_table(frame, {"spelt": "numeric"}, model="m").toArrow().to_pylist()
    profile = row["profile"]
    counted = {name: profile[name] for name in profile if name.startswith(("num_", "count"))}
    assert counted == {
        "count": 700,
        "num_nulls": 100,
        "num_nan": 100,
        "num_inf": 100,
        "num_numbers": 200,
        "num_texts": 200,
    }
    assert dict(profile["frequent_items"]) == {"x": 100, "": 100}
    assert (profile["min"], profile["max"], profile["avg"]) == (1.5, 2000.0, 1000.75)


def test_numbers_of_a_categorical_column_are_levels(spark: SparkSession) -> None:
    frame = spark.createDataFrame(pa.table({"code": [7, 7, 10, None]}))
    (row,) = profile_table(frame, {"code": "categorical"}, model="m").toArrow().to_pylist()
    assert dict(row["profile"]["frequent_items"]) == {"7": 2, "10": 1}
    assert row["profile"]["num_nulls"] == 1


def test_an_empty_table_has_profiles_of_no_rows(spark: SparkSession) -> None:
    frame = spark.createDataFrame(TABLE.slice(0, 0))
    rows = profile_table(frame, column_kinds(frame), model="m").toArrow().to_pylist()
    assert len(rows) == 8
    for row in rows:
        profile = row["profile"]
        assert {profile[name] for name in profile if name.startswith(("num_", "count"))} == {0}
        assert profile["min"] is profile["max"] is profile["avg"] is profile["m2"] is None
        assert dict(profile["frequent_items"]) == {}


def test_ranks_of_a_large_column_stay_within_the_sketchs_bound(spark: SparkSession) -> None:
    values = np.random.default_rng(5).lognormal(0, 1, 40_000)
    frame = spark.createDataFrame(pa.table({"x": values.tolist()})).repartition(4)
    (row,) = profile_table(frame, {"x": "numeric"}, model="m", k=200).toArrow().to_pylist()
    assert len(row["profile"]["sketch"]) < 10_000
    sketch = datasketches.kll_doubles_sketch.deserialize(row["profile"]["sketch"])
    for share in np.arange(0.1, 1, 0.1):
        point = np.quantile(values, share)
        # Twice a 99 % interval: no seed of Spark's can be expected to leave it.
        assert abs(sketch.get_rank(point, True) - share) < 2 * kll_rank_error(200)
    assert (row["profile"]["min"], row["profile"]["max"]) == (values.min(), values.max())


def test_windows_and_groups_have_profiles_of_their_own(spark: SparkSession) -> None:
    times = [datetime(2026, 11, 23, hour, 30, tzinfo=timezone.utc) for hour in (0, 0, 1, 1, 1)]
    table = pa.table(
        {"at.time": times, "shop.id": ["a", "b", "a", "a", "b"], "x": [1.0, 2.0, 4.0, 8.0, 16.0], "score": [0.0] * 5}
    )
    made = profile_table(
        spark.createDataFrame(table),
        {"x": "numeric", "score": "numeric"},
        model="m",
        time="at.time",
        window="1 hour",
        by=["shop.id"],
        predictions=["score"],
    )
    assert made.schema.names == ["shop.id", *PROFILES.names]
    rows = made.toArrow().to_pylist()
    found = {
        (row["shop.id"], row["window_start"].hour, row["window_end"].hour): row["profile"]["avg"]
        for row in rows
        if row["column_name"] == "x"
    }
    assert found == {("a", 0, 1): 1.0, ("b", 0, 1): 2.0, ("a", 1, 2): 6.0, ("b", 1, 2): 16.0}
    assert {(row["column_name"], row["column_kind"]) for row in rows} == {("x", "feature"), ("score", "prediction")}


def test_without_windows_the_times_are_those_of_the_rows(spark: SparkSession) -> None:
    times = [datetime(2026, 11, 23, hour, 30, tzinfo=timezone.utc) for hour in (5, 2, 9)]
    frame = spark.createDataFrame(pa.table({"t": times, "x": [1.0, 2.0, 3.0]}))
    (row,) = profile_table(frame, {"x": "numeric"}, model="m", time="t").toArrow().to_pylist()
    assert (row["window_start"], row["window_end"]) == (times[1], times[2])

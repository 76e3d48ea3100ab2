"""Merged profiles say what one pass over all rows says."""

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import datasketches
import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from sparkmon.distributions import kll_rank_error, read_kll
from sparkmon.profiles import merge_profiles, profile_table
from sparkmon.schemas import PROFILES

PARTS, ROWS = 20, 400
RANDOM = np.random.default_rng(7)
START = datetime(2026, 11, 23, tzinfo=timezone.utc)
HOURS = np.repeat(np.arange(PARTS), ROWS)
NUMBERS = RANDOM.normal(100 * HOURS, 1 + HOURS)
NUMBERS[::97] = np.nan
NUMBERS[1::397] = np.inf
LEVELS = [f"l{at}" for at in RANDOM.zipf(1.5, PARTS * ROWS) % 300]
LATE = np.where(HOURS < 18, np.nan, 1.0)
KINDS = ("x", "level", "late")


@pytest.fixture(scope="module")
def parts(spark: SparkSession) -> DataFrame:
    """Profile every hour."""
    table = pa.table(
        {
            "time": [START + timedelta(hours=int(hour)) for hour in HOURS],
            "x": NUMBERS.tolist(),
            "level": LEVELS,
            "late": pa.array(LATE, mask=np.isnan(LATE)),
        }
    )
    made = profile_table(
        spark.createDataFrame(table),
        {"x": "numeric", "level": "categorical", "late": "numeric"},
        model="m",
        time="time",
        window="1 hour",
    )
    return spark.createDataFrame(made.toArrow())


def by_column(profiles: DataFrame) -> dict[str, dict[str, Any]]:
    return {row["column_name"]: row for row in profiles.toArrow().to_pylist()}


def test_twenty_parts_are_one_pass(parts: DataFrame) -> None:
    assert parts.count() == 3 * PARTS
    merged = merge_profiles(parts)
    assert merged.schema.names == PROFILES.names
    rows = by_column(merged)
    x, level, late = (rows[name]["profile"] for name in KINDS)
    finite = NUMBERS[np.isfinite(NUMBERS)]
    assert (x["count"], x["num_numbers"]) == (PARTS * ROWS, finite.size)
    assert (x["num_nan"], x["num_inf"]) == (np.isnan(NUMBERS).sum(), np.isinf(NUMBERS).sum())
    assert (x["min"], x["max"]) == (finite.min(), finite.max())
    assert x["avg"] == pytest.approx(finite.mean(), rel=1e-12)
    assert x["m2"] == pytest.approx(finite.size * finite.var(), rel=1e-12)
    assert dict(level["frequent_items"]) == Counter(LEVELS)
    distinct = datasketches.hll_sketch.deserialize(level["distinct_sketch"]).get_estimate()
    assert distinct == pytest.approx(len(set(LEVELS)), rel=0.05)
    assert (late["num_nulls"], late["num_numbers"], late["avg"], late["m2"]) == (18 * ROWS, 2 * ROWS, 1.0, 0.0)
    assert (rows["x"]["window_start"], rows["x"]["window_end"]) == (START, START + timedelta(hours=PARTS))


def test_a_merged_sketch_stays_within_its_bound(parts: DataFrame) -> None:
    sketch = read_kll(by_column(merge_profiles(parts, k=200))["x"]["profile"]["sketch"])
    finite = np.sort(NUMBERS[np.isfinite(NUMBERS)])
    assert sketch.n == finite.size
    for share in np.arange(0.1, 1, 0.1):
        point = np.quantile(finite, share)
        rank = sketch.weights[sketch.values <= point].sum() / sketch.n
        exact = np.searchsorted(finite, point, side="right") / finite.size
        assert abs(rank - exact) < 2 * kll_rank_error(200)


def test_hours_become_longer_windows(parts: DataFrame) -> None:
    merged = merge_profiles(parts.where("column_name = 'x'"), "5 hours")
    first = {row["window_start"]: row for row in merged.toArrow().to_pylist()}
    # Windows start at whole multiples of five hours since 1970.
    offset = int(START.timestamp()) // 3600 % 5
    starts = [START + timedelta(hours=5 * at - offset) for at in range((PARTS + offset + 4) // 5)]
    assert sorted(first) == starts
    for start, row in first.items():
        hour = (start - START) / timedelta(hours=1)
        held = NUMBERS[(hour <= HOURS) & (hour + 5 > HOURS)]
        finite = held[np.isfinite(held)]
        assert row["window_end"] == start + timedelta(hours=5)
        assert (row["profile"]["count"], row["profile"]["num_numbers"]) == (held.size, finite.size)
        assert row["profile"]["avg"] == pytest.approx(finite.mean(), rel=1e-12)
        assert row["profile"]["m2"] == pytest.approx(finite.size * finite.var(), rel=1e-12)


def test_merging_texts_alone_makes_no_numbers(parts: DataFrame) -> None:
    profile = by_column(merge_profiles(parts))["level"]["profile"]
    assert profile["num_numbers"] == 0
    assert profile["min"] is profile["max"] is profile["avg"] is profile["m2"] is None

"""Panes merged by numpy are the profiles that Spark merges of the same rows, and either reads the other's sketches."""

from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession, functions as F

from sparkmon.distributions import merge_hll, read_kll
from sparkmon.distributions.schema import PANES, PROFILE_KEY
from sparkmon.panes import merge_panes
from sparkmon.profiles import profile_rows
from tests.panes.blocks import random_blocks, rows_of
from tests.panes.test_builder import HOUR, built


def profiles_by_key(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(row[name] for name in PROFILE_KEY): row["profile"] for row in rows}


def opened(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Read profiles by key; sums of doubles depend on the order of rows, and empty sketches may be null."""
    by_key = profiles_by_key(rows)
    for profile in by_key.values():
        for name in ("avg", "m2"):
            if profile[name] is not None:
                profile[name] = pytest.approx(profile[name], rel=1e-9, abs=1e-9)
        sketch = profile["sketch"]
        profile["sketch"] = [] if sketch is None else read_kll(sketch).values.tolist()
        profile["frequent_items"] = sorted(profile["frequent_items"])
    return by_key


def test_panes_merged_are_the_profiles_that_spark_merges(spark: SparkSession) -> None:
    blocks = [block for seed in range(2) for block in random_blocks(seed, 120)]
    panes = merge_panes(pa.concat_tables([built([block], HOUR) for block in blocks]))
    by_spark = profile_rows(spark.createDataFrame(rows_of(blocks)), "1 hour").toArrow().to_pylist()
    ours = spark.createDataFrame(panes)
    estimates = {
        tuple(row[name] for name in PROFILE_KEY): (row["distinct"], row["n"])
        for row in ours.select(
            *PROFILE_KEY,
            F.coalesce(F.hll_sketch_estimate("profile.distinct_sketch"), F.lit(0)).alias("distinct"),
            F.call_function("kll_sketch_get_n_double", F.col("profile.sketch")).alias("n"),
        )
        .toArrow()
        .to_pylist()
    }
    merged = ours.agg(
        F.hll_sketch_estimate(F.hll_union_agg("profile.distinct_sketch")).alias("distinct"),
        F.call_function(
            "kll_sketch_get_n_double", F.call_function("kll_merge_agg_double", F.col("profile.sketch"), F.lit(800))
        ).alias("n"),
    ).first()
    assert panes.schema == PANES
    theirs_as_panes = [row | {"last_event_time": row["window_start"]} for row in by_spark]
    twice = pa.concat_tables([panes, pa.Table.from_pylist(theirs_as_panes, schema=PANES)])
    both_by_key = profiles_by_key(merge_panes(twice).to_pylist())
    for key, profile in profiles_by_key(by_spark).items():
        both = both_by_key[key]
        assert both["count"] == 2 * profile["count"]
        if profile["num_numbers"]:
            assert read_kll(both["sketch"]).n == 2 * profile["num_numbers"]
        # One sketch is not written anew: the form of an empty one is its writer's.
        assert merge_hll([profile["distinct_sketch"]]) == merge_hll([both["distinct_sketch"]])
        assert {*both["frequent_items"]} == {(level, 2 * n) for level, n in profile["frequent_items"]}
    theirs, read = opened(by_spark), opened(panes.to_pylist())
    assert read.keys() == theirs.keys()
    for key, profile in read.items():
        assert theirs[key].pop("distinct_sketch") is not None
        profile.pop("distinct_sketch")
        assert profile == theirs[key]
        levels = {level for level, _ in profile["frequent_items"] if level}
        assert estimates[key] == (len(levels), profile["num_numbers"] or None)
    assert merged is not None
    assert (merged["distinct"], merged["n"]) == (3, sum(p["num_numbers"] for p in read.values()))

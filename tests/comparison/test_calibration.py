"""Blocks of a reference: what they reach bounds what counts as drift."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from scipy.stats import norm

from sparkmon.comparison import Checks, References
from sparkmon.dataframes import compare
from sparkmon.distributions import Distribution
from sparkmon.profiles import profile_table, reference_of
from sparkmon.records import FeatureKind
from sparkmon.statistics import STATISTICS

DAYS, ROWS = 40, 500
CHECKS = Checks(("ks", "psi"))


def days(spark: SparkSession, means: list[float], seed: int) -> DataFrame:
    """Make a table of days, each with a mean of its own, and with noise that does not change."""
    random = np.random.default_rng(seed)
    table: dict[str, Any] = {
        "time": np.repeat(np.datetime64("2026-01-01") + np.arange(len(means)), ROWS).astype("datetime64[us]"),
        "weather": random.normal(np.repeat(means, ROWS), 1.0),
        "steady": random.normal(size=len(means) * ROWS),
    }
    return spark.createDataFrame(pa.table(table))


@pytest.fixture(scope="module")
def means() -> list[float]:
    drawn: list[float] = np.random.default_rng(3).normal(0, 1.0, 2 * DAYS).tolist()
    return drawn


@pytest.fixture(scope="module")
def references(spark: SparkSession, means: list[float]) -> pa.Table:
    table = days(spark, means[:DAYS], 1)
    return reference_of(table, "m", time="time", block="1 day").toArrow()


def test_the_effects_are_those_of_each_day_beside_all(references: pa.Table) -> None:
    basis = References(references, CHECKS).basis(("m", None, None, "feature", "weather"), "")
    assert basis is not None
    rows = [row for row in references.to_pylist() if row["column_name"] == "weather"]
    (whole,) = (row for row in rows if row["block_start"] is None)
    known = Distribution.from_kll(whole["profile"]["sketch"])
    by_hand = []
    for row in rows:
        if row["block_start"] is not None:
            measured = STATISTICS.get("ks").measure(known, Distribution.from_kll(row["profile"]["sketch"]))
            effect = measured.value - measured.noise - measured.sketch_error
            by_hand.append(2 * norm.ppf((1 + effect * DAYS / (DAYS - 1)) / 2))
    assert basis.blocks["ks"].ascending == pytest.approx(sorted(by_hand), rel=1e-9)


def test_days_like_those_of_the_reference_have_not_drifted(
    spark: SparkSession, references: pa.Table, means: list[float]
) -> None:
    current = days(spark, means[DAYS:], 2)
    kinds: dict[str, FeatureKind] = {"weather": "numeric", "steady": "numeric"}
    profiles = profile_table(current, kinds, model="m", time="time", window="1 day")
    known = spark.createDataFrame(references)
    plain, calibrated = (
        compare(profiles, each, CHECKS).collect() for each in (known.where("block_start IS NULL"), known)
    )
    assert len(plain) == len(calibrated) == 2 * 2 * DAYS
    alarms = [sum(row.status == "drift" for row in rows) for rows in (plain, calibrated)]
    assert alarms[0] > DAYS, "without blocks most days of weather are called drift"
    assert alarms[1] <= 2, "with them at most one day in forty, by either statistic"
    steady = [row for row in calibrated if row.column_name == "steady"]
    assert {row.status for row in steady} == {"ok"}
    assert {row.limit for row in steady if row.statistic == "ks"} == {0.1}
    weather = next(row for row in calibrated if row.column_name == "weather")
    assert weather.blocks == DAYS
    assert weather.limit > weather.threshold
    assert f"which {DAYS} blocks of the reference set" in weather.reason
    assert 0 < weather.p_blocks <= 1
    assert weather.effective_blocks <= DAYS


def test_a_shift_beyond_all_blocks_is_found(spark: SparkSession, references: pa.Table) -> None:
    current = days(spark, [6.0], 2)
    profiles = profile_table(current, {"weather": "numeric"}, model="m", time="time", window="1 day")
    found = compare(profiles, spark.createDataFrame(references), CHECKS)
    assert {row.status for row in found.collect()} == {"drift"}

"""The correction of many tests, against scipy's, and what it takes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from scipy.stats import false_discovery_control

from sparkmon.comparison import alpha_for, correct
from sparkmon.errors import OptionError

COLUMNS = (
    "model string, model_version string, window_start int, window_end int, drift_type string, column_name string, "
    "p_value double, status string, reason string"
)


def whole(spark: SparkSession, rows: list[tuple[Any, ...]]) -> DataFrame:
    frame = spark.createDataFrame(rows, COLUMNS)
    return frame.selectExpr("*", "string(NULL) AS slice_key", "string(NULL) AS slice_value")


def test_the_adjusted_values_of_each_window_are_scipys(spark: SparkSession) -> None:
    random = np.random.default_rng(5)
    windows = {start: random.beta(0.3, 1, 40).round(4).tolist() for start in range(3)}
    rows = [
        ("m", "", start, start + 1, "BASELINE", f"c{place}", p_value, "drift", "r")
        for start, values in windows.items()
        for place, p_value in enumerate([*values, None])
    ]
    found = correct(whole(spark, rows), 0.05).collect()
    assert len(found) == len(rows)
    rows_by_key = {(row.window_start, row.column_name): row for row in found}
    for start, values in windows.items():
        for place, expected in enumerate(false_discovery_control(values)):
            row = rows_by_key[start, f"c{place}"]
            assert row.p_adjusted == pytest.approx(expected, rel=1e-12)
            assert row.status == ("drift" if expected <= 0.05 else "ok")
        untested = rows_by_key[start, "c40"]
        assert (untested.p_adjusted, untested.status) == (None, "drift")


def test_models_and_kept_columns_are_corrected_apart_and_the_reason_says_so(
    spark: SparkSession,
) -> None:
    rows = [
        (model, "", 0, 1, "BASELINE", f"c{place}", 0.004 if place == 0 else 0.9, "drift", "r")
        for model in ("a", "b")
        for place in range(10)
    ]
    frame = whole(spark, rows).selectExpr("*", "column_name = 'c0' AS alone")
    rows_by_key = {(row.model, row.column_name): row for row in correct(frame, 0.01).collect()}
    assert rows_by_key["a", "c0"].p_adjusted == pytest.approx(0.04)
    assert rows_by_key["a", "c0"].status == "ok"
    assert rows_by_key["a", "c0"].reason == (
        "r; not borne out among all tests of this window (p_adjusted 0.040, allowed 0.010)"
    )
    apart = {
        (row.model, row.column_name): row for row in correct(frame, 0.01, by=["alone"]).collect()
    }
    assert (apart["b", "c0"].p_adjusted, apart["b", "c0"].status) == (0.004, "drift")


@pytest.mark.parametrize(("alarms", "window_s"), [(1, 60), (0.1, 3600), (0.5, 3600)])
def test_the_level_gives_the_alarms_that_were_asked_for(alarms: float, window_s: float) -> None:
    alpha = alpha_for(alarms, window_s)
    random = np.random.default_rng(8)
    over = random.random(4_000_000) < alpha
    confirmed = over[2:] & (over[1:-1] | over[:-2])
    per_week = confirmed.mean() * 7 * 86_400 / window_s
    assert per_week == pytest.approx(
        alarms * 2 / 3, rel=0.25
    )  # the rule of three is an upper bound


def test_numbers_out_of_range_are_refused(spark: SparkSession) -> None:
    with pytest.raises(OptionError, match="got alpha=1; expected a number between 0 and 1"):
        correct(whole(spark, []), 1)
    with pytest.raises(OptionError, match="got false_alarms_per_week=0; expected a number above 0"):
        alpha_for(0, 60)

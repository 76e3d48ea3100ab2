"""Rates beside what is allowed: scipy's binomial test decides alike."""

from __future__ import annotations

import math

import pytest
from pyspark.sql import SparkSession
from scipy.stats import binomtest

from sparkmon.comparison import Checks, compare
from sparkmon.comparison.rates import judge_rate
from sparkmon.dataframes import alerts_of
from sparkmon.errors import OptionError
from sparkmon.profiles import profile_rows, reference_of

ROWS = """
SELECT 'm' AS model, '' AS model_version, 'request' AS event_type,
       TIMESTAMP '2026-11-23 12:00:00' AS event_time,
       map('x', named_struct('number', double(id), 'text', string(null))) AS features,
       map() AS predictions,
       map(
         'cards_1.missing', named_struct('number', double(id % 10 = 0), 'text', string(null)),
         'cards_1.stale', named_struct('number', 0D, 'text', string(null)),
         'cards_1.age_s', named_struct('number', double(id), 'text', string(null)),
         'x.skew', named_struct('number', IF(id < 5, double(id = 0), null), 'text', string(null))
       ) AS row_flags
FROM range(400)
"""


@pytest.mark.parametrize("allowed", [0.0, 0.01, 0.2])
@pytest.mark.parametrize(
    ("hits", "rows"), [(0, 50), (1, 1), (2, 2), (3, 60), (9, 60), (300, 20_000), (200, 20_000)]
)
def test_a_rate_is_over_the_limit_where_the_binomial_test_says_so(
    hits: int, rows: int, allowed: float
) -> None:
    judged = judge_rate("stale_rate", hits, rows, allowed)
    p_value = binomtest(hits, rows, allowed, alternative="greater").pvalue
    assert judged.p_value == pytest.approx(p_value, rel=1e-8)
    assert judged.status == ("over_limit" if p_value < 0.001 else "ok")
    assert judged.value == hits / rows


def test_no_rows_are_too_few() -> None:
    judged = judge_rate("skew_rate", 0, 0)
    assert (judged.status, judged.reason) == ("too_few_rows", "no rows")
    assert math.isnan(judged.value)


def test_rates_are_findings_and_alerts_beside_drift(spark: SparkSession) -> None:
    references = reference_of(spark.range(400).selectExpr("double(id) AS x"), "m")
    profiles = profile_rows(spark.sql(ROWS), "1 hour")
    findings = compare(profiles, references, Checks(("ks",), rates={"stale_rate": 0.5}))
    found = {
        (row.column_kind, row.column_name, row.statistic): row.asDict()
        for row in findings.collect()
    }
    assert {key: (row["status"], row["value"], row["threshold"]) for key, row in found.items()} == {
        ("feature", "x", "ks"): ("too_few_rows", 0.0, 0.1),
        ("row_flag", "cards_1.missing", "missing_key_rate"): ("over_limit", 0.1, 0.01),
        ("row_flag", "cards_1.stale", "stale_rate"): ("ok", 0.0, 0.5),
        ("row_flag", "x.skew", "skew_rate"): ("ok", 0.2, 0.01),
    }
    skew = found["row_flag", "x.skew", "skew_rate"]
    assert (skew["current_count"], skew["reference"], skew["drift_type"]) == (5, "", "LIMIT")
    (alert,) = alerts_of(findings).collect()
    assert alert.message == (
        "cards_1.missing of the model m exceeds its limit in the window 2026-11-23 12:00 to "
        "2026-11-23 13:00 UTC: missing_key_rate 0.1 exceeds its limit 0.01 (400 rows)"
    )


def test_rates_are_checked_on_the_driver() -> None:
    with pytest.raises(OptionError, match=r"'rates\.skew'; known options are missing_key_rate"):
        Checks(rates={"skew": 0.1})
    with pytest.raises(OptionError, match=r"rates\.skew_rate=2; expected a share from 0 to 1"):
        Checks(rates={"skew_rate": 2})

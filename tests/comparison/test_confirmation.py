"""Two of three windows, or twice the limit; the same whether windows come together or one by one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from pyspark.sql import DataFrame, SparkSession

from sparkmon.comparison import confirm
from sparkmon.schemas import DRIFT_METRICS

MIDNIGHT = datetime(2026, 11, 23, tzinfo=timezone.utc)
VALUES = {".": 0.05, "x": 0.15, "X": 0.35, "?": 9.0}
"""By sign: within the limit of 0.1, over it, over twice of it, and a window of too few rows."""


def findings(spark: SparkSession, signs: str, first: int = 0, column: str = "a") -> DataFrame:
    rows = []
    for hour, sign in enumerate(signs, first):
        status = "too_few_rows" if sign == "?" else "ok" if sign == "." else "drift"
        row = dict.fromkeys(DRIFT_METRICS.names) | {
            "model": "m",
            "model_version": "",
            "window_start": MIDNIGHT + timedelta(hours=hour),
            "window_end": MIDNIGHT + timedelta(hours=hour + 1),
            "slice_key": None,
            "slice_value": None,
            "column_name": column,
            "column_kind": "feature",
            "drift_type": "BASELINE",
            "reference": "training",
            "statistic": "ks",
            "value": VALUES[sign],
            "noise": 0.01,
            "sketch_error": 0.0,
            "limit": 0.1,
            "status": status,
            "reason": "",
        }
        rows.append(tuple(row[name] for name in DRIFT_METRICS.names))
    return spark.createDataFrame(rows, DRIFT_METRICS)


def confirmed(frame: DataFrame) -> str:
    rows = frame.orderBy("window_start").collect()
    return "".join("!" if row.confirmed else "." for row in rows)


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ("..x..", "....."),
        (".xx..", "..!.."),
        (".x.x.", "...!."),
        (".x..x", "....."),
        ("..X..", "..!.."),
        ("xxx.x", ".!!.!"),
        ("x??x.", "...!."),  # too few rows say neither yes nor no
        ("?????", "....."),
        ("x", "."),
        ("X", "!"),
    ],
)
def test_two_of_three_confirm_and_so_does_twice_the_limit(
    spark: SparkSession, signs: str, expected: str
) -> None:
    whole = confirm(findings(spark, signs))
    assert confirmed(whole) == expected
    assert whole.schema.names == DRIFT_METRICS.names
    one_by_one = ""
    for hour in range(len(signs)):
        earlier = findings(spark, signs[:hour]) if hour else None
        one_by_one += confirmed(confirm(findings(spark, signs[hour], hour), earlier))
    assert one_by_one == expected


def test_columns_do_not_confirm_each_other(spark: SparkSession) -> None:
    both = findings(spark, ".x.").unionByName(findings(spark, "x..", column="b"))
    assert confirm(both).where("confirmed").count() == 0

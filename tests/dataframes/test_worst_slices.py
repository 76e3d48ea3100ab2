"""The ranking of slices: one row per slice, its strongest statistic, the furthest beyond its limit first."""

from pyspark.sql import SparkSession

from sparkmon.dataframes import worst_slices

COLUMNS = (
    "slice_key string, slice_value string, column_name string, statistic string, value double, noise double, "
    "sketch_error double, limit double, status string"
)
ROWS = [
    (None, None, "x", "ks", 0.9, 0.0, 0.0, 0.1, "drift"),
    ("origin", "JFK", "x", "ks", 0.35, 0.04, 0.01, 0.1, "drift"),  # three times its limit
    ("origin", "JFK", "x", "psi", 0.5, 0.1, 0.0, 0.2, "drift"),  # twice
    ("origin", "EWR", "x", "ks", 0.15, 0.05, 0.0, 0.1, "ok"),  # at its limit
    ("origin", "EWR", "x", "mean", -9.0, 0.0, 0.0, None, "ok"),  # has none
    ("origin", "LGA", "x", "ks", 0.8, 0.0, 0.0, 0.1, "too_few_rows"),
    ("far", "true", "x", "missing_column", 1.0, 0.0, 0.0, 0.0, "over_limit"),
    ("far", "true", "y", "psi", 0.1, 0.0, 0.0, 0.2, "ok"),
]


def test_slices_are_ranked_by_how_far_they_are_beyond_their_limit(spark: SparkSession) -> None:
    findings = spark.createDataFrame(ROWS, COLUMNS).selectExpr(
        "*",
        *("'m' AS model", "'' AS model_version", "'feature' AS column_kind", "'' AS reference"),
        *("0 AS window_start", "1 AS window_end", "'BASELINE' AS drift_type", "'' AS reason"),
        *("0.1 AS threshold", "0.01 AS p_adjusted", "10 AS current_count"),
    )
    found = worst_slices(findings).collect()
    rows = [(row.column_name, row.rank, row.slice_value, row.statistic, round(row.excess, 9)) for row in found]
    assert rows == [
        ("x", 1, "true", "missing_column", float("inf")),
        ("x", 2, "JFK", "ks", 3.0),
        ("x", 3, "EWR", "ks", 1.0),
        ("y", 1, "true", "psi", 0.5),
    ]

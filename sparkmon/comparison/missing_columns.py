"""Columns that a reference has and a window has not: what never arrives has no profile to be compared."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.comparison.presence import KEY, presence_findings

__all__ = ["missing_columns"]


def missing_columns(profiles: DataFrame, references: DataFrame) -> DataFrame:
    """Find the columns of the references that are missing from windows in which others of their kind came.

    Parameters
    ----------
    profiles : DataFrame
        ``sparkmon.schemas.PROFILES``, not streaming.
    references : DataFrame
        ``sparkmon.schemas.REFERENCES``.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``: the statistic ``missing_column``, with the status ``over_limit``. A window
        without any request misses no feature, and one without any response no prediction.

    Examples
    --------
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> references = reference_of(spark.range(10).selectExpr("id AS a", "id AS b"), "m")
    >>> profiles = profile_table(spark.range(10).selectExpr("id AS a"), {"a": "numeric"}, model="m")
    >>> missing_columns(profiles, references).select("column_name", "status").collect()
    [Row(column_name='b', status='over_limit')]
    """
    columns = references.where(F.col("block_start").isNull()).select(
        F.col("model").alias("r_model"),
        F.col("model_version").alias("r_version"),
        F.col("slice_key").alias("r_slice_key"),
        F.col("slice_value").alias("r_slice_value"),
        *("reference", "column_name", "column_kind", "data_type"),
    )
    windows = profiles.groupBy(*KEY, F.col("column_kind").alias("kind")).agg(
        F.collect_set("column_name").alias("came")
    )
    of_version = F.col("r_version").isin("", F.col("model_version"))
    expected = windows.join(
        F.broadcast(columns),
        (F.col("model") == F.col("r_model"))
        & F.col("slice_key").eqNullSafe(F.col("r_slice_key"))
        & F.col("slice_value").eqNullSafe(F.col("r_slice_value"))
        & (F.col("kind") == F.col("column_kind"))
        & of_version,
    )
    missing = expected.where(~F.array_contains("came", F.col("column_name")))
    absent = missing.groupBy(*KEY, "column_kind", "column_name").agg(
        F.max("reference").alias("reference"), F.max("data_type").alias("data_type")
    )
    reason = F.concat(
        F.lit("no row of this window has it; the reference "), "reference", F.lit(" does")
    )
    return presence_findings(absent, "missing_column", F.lit(0), reason)

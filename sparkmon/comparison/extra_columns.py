"""Columns that a window has and its reference has not: the model is sent something that it was not trained on."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.comparison.presence import presence_findings
from sparkmon.profiles import ALL_ROWS

__all__ = ["extra_columns"]

_KEY = ("model", "model_version", "window_start", "window_end", "slice_key", "slice_value")
_COLUMN = ("column_kind", "column_name")


def extra_columns(profiles: DataFrame, references: DataFrame) -> DataFrame:
    """Find the columns of windows that the reference of their model does not have.

    Parameters
    ----------
    profiles : DataFrame
        ``sparkmon.schemas.PROFILES``, not streaming.
    references : DataFrame
        ``sparkmon.schemas.REFERENCES``.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``: the statistic ``extra_column``, with the status ``over_limit``. Only where
        the model's reference has columns of that kind at all: of a reference without predictions, a prediction is no
        surprise.

    Examples
    --------
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> references = reference_of(spark.range(10).selectExpr("id AS a"), "m")
    >>> kinds = {"a": "numeric", "b": "numeric"}
    >>> profiles = profile_table(spark.range(10).selectExpr("id AS a", "id AS b"), kinds, model="m")
    >>> extra_columns(profiles, references).select("column_name", "status").collect()
    [Row(column_name='b', status='over_limit')]
    """
    known = references.where(F.col("block_start").isNull()).select(
        F.col("model").alias("r_model"),
        F.col("model_version").alias("r_version"),
        F.col("column_kind").alias("r_kind"),
        F.col("column_name").alias("r_name"),
        F.col("reference"),
    )
    expected = known.groupBy("r_model", "r_version", "r_kind").agg(
        F.collect_set("r_name").alias("names"), F.first("reference").alias("reference")
    )
    of_version = F.col("r_version").isin("", F.col("model_version"))
    told = profiles.where(F.col("slice_key") == ALL_ROWS).select(
        *_KEY,
        *_COLUMN,
        F.col("profile.count").alias("rows"),
        F.when(F.col("profile.num_texts") > F.col("profile.num_numbers"), "categorical")
        .otherwise("numeric")
        .alias("data_type"),
    )
    beside = told.join(
        F.broadcast(expected),
        (F.col("model") == F.col("r_model"))
        & (F.col("column_kind") == F.col("r_kind"))
        & of_version,
    )
    # A column is known if any reference for this version has it.
    found = (
        beside.groupBy(*_KEY, *_COLUMN, "rows", "data_type")
        .agg(
            F.array_distinct(F.flatten(F.collect_list("names"))).alias("names"),
            F.max("reference").alias("reference"),
        )
        .where(~F.array_contains("names", F.col("column_name")))
    )
    reason = F.concat(F.lit("the reference "), "reference", F.lit(" does not have it"))
    return presence_findings(found, "extra_column", F.col("rows"), reason)

"""Columns that a window has and its reference has not: the model is sent something that it was not trained on."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.comparison.presence import KEY, presence_findings

__all__ = ["extra_columns"]

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
    expected = references.where(F.col("block_start").isNull()).select(
        F.col("model").alias("r_model"),
        F.col("model_version").alias("r_version"),
        F.col("column_kind").alias("r_kind"),
        F.col("column_name").alias("r_name"),
        F.col("reference"),
    )
    of_version = F.col("r_version").isin("", F.col("model_version"))
    columns = profiles.where(F.col("slice_key").isNull()).select(
        *KEY,
        *_COLUMN,
        F.col("profile.count").alias("rows"),
        F.when(F.col("profile.num_texts") > F.col("profile.num_numbers"), "categorical")
        .otherwise("numeric")
        .alias("data_type"),
    )
    pairs = columns.join(
        F.broadcast(expected),
        (F.col("model") == F.col("r_model"))
        & (F.col("column_kind") == F.col("r_kind"))
        & of_version,
    )
    # A column is known if any reference for this version has it.
    is_known = F.bool_or(F.col("r_name") == F.col("column_name"))
    extra = (
        pairs.groupBy(*KEY, *_COLUMN, "rows", "data_type")
        .agg(is_known.alias("is_known"), F.max("reference").alias("reference"))
        .where(~F.col("is_known"))
    )
    reason = F.concat(F.lit("the reference "), "reference", F.lit(" does not have it"))
    return presence_findings(extra, "extra_column", F.col("rows"), reason)

"""Columns that only a reference or only a window has, as findings: there is nothing to measure."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sparkmon.comparison.finding import PRESENCE
from sparkmon.schemas import DRIFT_METRICS, SLICE, WINDOW_KEY

__all__ = ["extra_columns", "missing_columns"]

_KEY = (*WINDOW_KEY, *SLICE)
_COLUMN = ("column_kind", "column_name")


def missing_columns(profiles: DataFrame, references: DataFrame) -> DataFrame:
    """Find the columns of the references that are missing from windows that have others of their kind.

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
    windows = profiles.groupBy(*_KEY, "column_kind").agg(
        F.collect_set("column_name").alias("column_names")
    )
    same_slice = [F.col(name).eqNullSafe(F.col(f"r_{name}")) for name in SLICE]
    missing = (
        windows.join(F.broadcast(_expected(references)), [*_same_kind(), *same_slice])
        .where(~F.array_contains("column_names", F.col("r_column_name")))
        .groupBy(*_KEY, "column_kind", F.col("r_column_name").alias("column_name"))
        .agg(F.max("reference").alias("reference"), F.max("r_data_type").alias("data_type"))
    )
    return _findings(missing, "missing_column", F.lit(0))


def extra_columns(profiles: DataFrame, references: DataFrame) -> DataFrame:
    """Find the columns of windows that the reference of their model does not have: the model was not trained on them.

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
        the model's reference has columns of that kind: if it has no predictions, a prediction is no surprise.

    Examples
    --------
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> references = reference_of(spark.range(10).selectExpr("id AS a"), "m")
    >>> kinds = {"a": "numeric", "b": "numeric"}
    >>> profiles = profile_table(spark.range(10).selectExpr("id AS a", "id AS b"), kinds, model="m")
    >>> extra_columns(profiles, references).select("column_name", "status").collect()
    [Row(column_name='b', status='over_limit')]
    """
    is_text = F.col("profile.num_texts") > F.col("profile.num_numbers")
    columns = profiles.where(F.col("slice_key").isNull()).select(
        *(*_KEY, *_COLUMN),
        F.col("profile.count").alias("rows"),
        F.when(is_text, "categorical").otherwise("numeric").alias("data_type"),
    )
    # A column is known if any reference for this version has it.
    is_known = F.bool_or(F.col("r_column_name") == F.col("column_name"))
    extra = (
        columns.join(F.broadcast(_expected(references)), _same_kind())
        .groupBy(*_KEY, *_COLUMN, "rows", "data_type")
        .agg(is_known.alias("is_known"), F.max("reference").alias("reference"))
        .where(~F.col("is_known"))
    )
    return _findings(extra, "extra_column", F.col("rows"))


def _expected(references: DataFrame) -> DataFrame:
    """Return the columns of whole references, under names for a join."""
    names = ("model", "model_version", *SLICE, *_COLUMN, "data_type")
    return references.where(F.col("block_start").isNull()).select(
        "reference", *(F.col(name).alias(f"r_{name}") for name in names)
    )


def _same_kind() -> list[Column]:
    return [
        F.col("model") == F.col("r_model"),
        F.col("column_kind") == F.col("r_column_kind"),
        F.col("r_model_version").isin("", F.col("model_version")),
    ]


def _findings(columns: DataFrame, statistic: str, rows: Column) -> DataFrame:
    """Make a finding of each row, with the value 1 and the limit 0."""
    zeros = dict.fromkeys(("threshold", "noise", "sketch_error", "limit"), F.lit(0.0))
    fields = zeros | {
        "drift_type": F.lit("LIMIT"),
        "statistic": F.lit(statistic),
        "value": F.lit(1.0),
        "current_count": rows.cast("bigint"),
        "status": F.lit("over_limit"),
        "reason": F.lit(PRESENCE[statistic]),
    }
    present = {*columns.columns, *fields}
    absent = [field for field in DRIFT_METRICS.fields if field.name not in present]
    nulls = {field.name: F.lit(None).cast(field.dataType) for field in absent}
    return columns.withColumns(fields | nulls).select(*DRIFT_METRICS.names)

"""Where a column is worst: its slices, ranked by how far they are beyond what is allowed."""

from pyspark.sql import Column, DataFrame, Window, functions as F

from sparkmon.comparison import JUDGED
from sparkmon.distributions.schema import SLICE, WINDOW_KEY

_COLUMN = (*WINDOW_KEY, "drift_type", "reference")
_OF = ("column_name", "column_kind")
_VERDICT = (*("statistic", "value", "threshold", "limit"), *("p_adjusted", "current_count", "status", "reason"))


def worst_slices(findings: DataFrame) -> DataFrame:
    """Rank the slices of each column and window, the furthest beyond its limit first.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming.

    Returns
    -------
    DataFrame
        One row per model version, window, column and slice that could be judged: its strongest statistic with
        ``excess``, the value less noise and sketch error as a multiple of the limit (above 1 it is beyond), and
        ``rank``, from 1 on.

    Examples
    --------
    >>> from sparkmon.comparison import Checks
    >>> from sparkmon.dataframes.compare import compare
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> from sparkmon.slicing import slices_of
    >>> before = spark.sql("SELECT id AS x, IF(id % 2 = 0, 'a', 'b') AS side FROM range(1600)")
    >>> after = before.selectExpr("IF(side = 'a', x + 400, x) AS x", "side")
    >>> references = reference_of(before, "m", slices=["side"])
    >>> slices = slices_of(references.toArrow())
    >>> profiles = profile_table(after, {"x": "numeric"}, model="m", slices=slices)
    >>> for row in worst_slices(compare(profiles, references, Checks(("ks",)))).collect():
    ...     print(row.rank, row.slice_key, row.slice_value, row.statistic, round(row.value, 2), row.status)
    1 side a ks 0.25 drift
    2 side b ks 0.0 ok
    """
    # A limit of 0 that is exceeded is exceeded without bounds.
    excess = F.coalesce(F.try_divide(_effect(), F.col("limit")), F.when(_effect() > 0, float("inf")).otherwise(0.0))
    strongest = Window.partitionBy(*_COLUMN, *_OF, *SLICE).orderBy(F.desc("excess"), "statistic")
    ranked = Window.partitionBy(*_COLUMN, *_OF).orderBy(F.desc("excess"), *SLICE)
    return (
        findings.where(F.col("status").isin(*JUDGED) & F.col("slice_key").isNotNull() & F.col("limit").isNotNull())
        .withColumn("excess", excess)
        .withColumn("place", F.row_number().over(strongest))
        .where("place = 1")
        .withColumn("rank", F.row_number().over(ranked))
        .select(*_COLUMN, *_OF, "rank", *SLICE, "excess", *_VERDICT)
        .orderBy("window_start", *_OF, "rank")
    )


def _effect() -> Column:
    return F.abs("value") - F.col("noise") - F.col("sketch_error")

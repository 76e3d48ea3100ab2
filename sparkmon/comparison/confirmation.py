"""One window may be chance, two of three are not: findings beside those of the windows before."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

__all__ = ["JUDGED", "OVER", "confirm"]

OVER = ("drift", "over_limit")
"""Statuses of a finding that stands over its limit."""

JUDGED = ("ok", *OVER)
"""Statuses of a window that had something to say; others neither confirm nor refute."""

_SERIES = ("model", "model_version", "slice_key", "slice_value", "column_name", "column_kind")
_TEST = ("drift_type", "reference", "statistic")
_WINDOWS = 3
_NEEDED = 2
_GROSS = 2.0


def confirm(
    findings: DataFrame, earlier: DataFrame | None = None, *, by: Sequence[str] = ()
) -> DataFrame:
    """Set ``confirmed``: whether a column stands over its limit in two of three windows, or over twice the limit.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming, of any number of windows.
    earlier : DataFrame, optional
        Findings of the windows before the first of these, from the table ``drift_metrics``.
    by : sequence of str
        Further columns that keep series apart.

    Returns
    -------
    DataFrame
        The same rows. Windows that were not judged (too few rows, no reference) are passed over: two of the last three
        that were. Stream and batch agree, because both count windows in the order of their start.
    """
    names = [name for name in findings.columns if name != "confirmed"]
    rows = findings.select(*names, F.lit(True).alias("is_current"))
    if earlier is not None:
        rows = rows.unionByName(earlier.select(*names, F.lit(False).alias("is_current")))
    is_judged = F.col("status").isin(*JUDGED)
    series = [F.col(name) for name in (*by, *_SERIES, *_TEST)] + [is_judged]
    last = Window.partitionBy(*series).orderBy("window_start").rowsBetween(1 - _WINDOWS, 0)
    is_over = F.col("status").isin(*OVER)
    often = F.count_if(is_over).over(last) >= _NEEDED
    effect = F.abs("value") - F.col("noise") - F.col("sketch_error")
    gross = effect > _GROSS * F.col("limit")
    confirmed = is_over & (often | F.coalesce(gross, F.lit(False)))
    return rows.withColumn("confirmed", confirmed).where("is_current").select(*names, "confirmed")

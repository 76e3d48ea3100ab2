"""One window may be chance, two of three are not: findings are compared with those of earlier windows."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sparkmon.comparison.alpha import GREATEST_ALPHA
from sparkmon.comparison.effect import GROSS, effect
from sparkmon.schemas import SERIES_KEY

__all__ = ["JUDGED", "OVER", "confirm"]

OVER = ("drift", "over_limit")
"""Statuses of a finding that stands over its limit."""

JUDGED = ("ok", *OVER)
"""Statuses of a window that was judged; others neither confirm nor refute."""

_TEST = ("drift_type", "reference", "statistic")
_WINDOWS = 3
_NEEDED = 2
_ENOUGH_BLOCKS = 7
"""A week of days."""


def confirm(
    findings: DataFrame,
    earlier: DataFrame | None = None,
    *,
    alpha: float = GREATEST_ALPHA,
    by: Sequence[str] = (),
) -> DataFrame:
    """Set ``confirmed``: whether a drift is confirmed, or may still be the chance of one window.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming, of any number of windows.
    earlier : DataFrame, optional
        Findings of the windows before the first of these, from the table ``drift_metrics``.
    alpha : float, default 0.05
        The level that the findings were corrected at; see :func:`sparkmon.comparison.correct`.
    by : sequence of str
        Further columns that separate series.

    Returns
    -------
    DataFrame
        The same rows.

    Notes
    -----
    A finding over its limit is confirmed if any of these holds:

    - it is so in two of the last three windows. Those that were not judged (too few rows, no reference) are passed
      over, and windows of another length are another series;
    - its effect is more than twice the limit;
    - its effect is more than twice what seven or more blocks of the reference reach, and ``p_adjusted`` is at most
      ``alpha`` squared. Waiting for a second window guards against what time alone does. Where the blocks show how
      little that is, one window is enough.

    Stream and batch agree, because both count windows in the order of their start.
    """
    names = [name for name in findings.columns if name != "confirmed"]
    rows = findings.select(*names, F.lit(True).alias("is_current"))
    if earlier is not None:
        rows = rows.unionByName(earlier.select(*names, F.lit(False).alias("is_current")))
    is_judged = F.col("status").isin(*JUDGED)
    length = F.col("window_end") - F.col("window_start")
    series = [F.col(name) for name in (*by, *SERIES_KEY, *_TEST)] + [length, is_judged]
    last = Window.partitionBy(*series).orderBy("window_start").rowsBetween(1 - _WINDOWS, 0)
    is_over = F.col("status").isin(*OVER)
    often = F.count_if(is_over).over(last) >= _NEEDED
    gross = effect() > GROSS * F.col("limit")
    beyond_time = (
        (effect() > GROSS * F.col("block_limit"))
        & (F.col("blocks") >= _ENOUGH_BLOCKS)
        & (F.col("p_adjusted") <= alpha**2)
    )
    at_once = F.coalesce(gross, F.lit(False)) | F.coalesce(beyond_time, F.lit(False))
    columns = [*findings.columns, *(["confirmed"] if "confirmed" not in findings.columns else [])]
    return (
        rows.withColumn("confirmed", is_over & (often | at_once))
        .where("is_current")
        .select(*columns)
    )

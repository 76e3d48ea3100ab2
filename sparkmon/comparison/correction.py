"""Controls the false discovery rate of a window, in which many columns and slices are tested at once."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sparkmon.errors import OptionError
from sparkmon.schemas import SLICE, WINDOW_KEY

__all__ = ["correct"]

_FAMILY = (*WINDOW_KEY, "drift_type")


def correct(findings: DataFrame, alpha: float, *, by: Sequence[str] = ()) -> DataFrame:
    """Set ``p_adjusted`` of all findings that are tested together, and withdraw drifts that it does not confirm.

    Tested together are all columns, slices and statistics of one window of one model version.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming.
    alpha : float
        The false discovery rate that is allowed, in (0, 1).
    by : sequence of str
        Further columns that separate families.

    Returns
    -------
    DataFrame
        The same rows. A finding stands if its ``p_adjusted`` is at most alpha; null where there is no p-value.
        A ``drift`` above it becomes ``ok``, and its reason says why.

    Notes
    -----
    Where a window has no slices, its findings are corrected by Benjamini and Hochberg [1]_ at alpha. Where it has,
    half of alpha goes to the findings of the whole, and half to those of the slices: each slice is a family, families
    are selected by Benjamini and Hochberg on their Simes p-values, and inside the R selected of M families
    the level is R / M of that half [2]_. So one drifted slice of a hundred is not lost among the tests of the others,
    and many slices cost the whole no more than half of its level.

    References
    ----------
    .. [1] Benjamini & Hochberg, Controlling the false discovery rate, J. R. Stat. Soc. B 57, 1995.
    .. [2] Benjamini & Bogomolov, Selective inference on multiple families of hypotheses, J. R. Stat. Soc. B 76, 2014.

    Examples
    --------
    >>> findings = spark.createDataFrame(
    ...     [("m", "a", p, "drift", "") for p in (0.005, 0.02, 0.03)],
    ...     "model string, column_name string, p_value double, status string, reason string",
    ... ).selectExpr("*", "'' AS model_version", "1 AS window_start", "2 AS window_end", "'BASELINE' AS drift_type",
    ...     "string(NULL) AS slice_key", "string(NULL) AS slice_value")
    >>> [(row.p_adjusted, row.status) for row in correct(findings, 0.02).orderBy("p_value").collect()]
    [(0.015, 'drift'), (0.03, 'ok'), (0.03, 'ok')]
    """
    if not 0 < alpha < 1:
        raise OptionError.malformed("alpha", alpha, "a number between 0 and 1")
    of_window = (*by, *_FAMILY)
    adjusted = _by_families(_inside_families(findings, of_window), of_window, alpha)
    unborne = (F.col("status") == "drift") & (F.col("p_adjusted") > alpha)
    names = [*findings.columns, *(["p_adjusted"] if "p_adjusted" not in findings.columns else [])]
    return (
        adjusted.withColumn(
            "reason",
            F.when(
                unborne,
                F.concat(
                    "reason",
                    F.format_string(
                        "; not borne out among all tests of this window (p_adjusted %.2g, allowed %.2g)",
                        "p_adjusted",
                        F.lit(alpha),
                    ),
                ),
            ).otherwise(F.col("reason")),
        )
        .withColumn("status", F.when(unborne, "ok").otherwise(F.col("status")))
        .select(*names)
    )


def _inside_families(findings: DataFrame, of_window: Sequence[str]) -> DataFrame:
    """Add ``tested``, ``inside`` (p-values adjusted in their own family), and the family's ``simes`` p-value."""
    family = Window.partitionBy(*of_window, *SLICE, "tested")
    ranked = family.orderBy("p_value")
    raised = F.col("p_value") * F.count("p_value").over(family) / F.row_number().over(ranked)
    # The least of what a finding and all with greater p-values would need.
    upwards = ranked.rowsBetween(Window.currentRow, Window.unboundedFollowing)
    return (
        findings.withColumn("tested", F.col("p_value").isNotNull())
        .withColumns({"raised": raised, "is_first": F.row_number().over(ranked) == 1})
        .withColumns(
            {"inside": F.min("raised").over(upwards), "simes": F.min("raised").over(family)}
        )
    )


def _by_families(inside: DataFrame, of_window: Sequence[str], alpha: float) -> DataFrame:
    """Set ``p_adjusted``: of the whole, and of slices by which of them are selected."""
    half = alpha / 2
    is_slice = F.col("slice_key").isNotNull()
    # One row stands for a slice's family.
    stands = F.col("tested") & F.col("is_first") & F.col("is_slice")
    heads = Window.partitionBy(*of_window, "stands")
    ranked = heads.orderBy("simes", *SLICE)
    upwards = ranked.rowsBetween(Window.currentRow, Window.unboundedFollowing)
    window = Window.partitionBy(*of_window)
    family = Window.partitionBy(*of_window, *SLICE)
    families = F.count_if("stands").over(window)
    selected = F.count_if(F.col("stands") & (F.col("of_family") <= half)).over(window)
    of_slice = F.greatest(
        "of_family", F.col("inside") * F.col("families") / F.greatest("selected", F.lit(1))
    )
    share = F.when(F.col("families") > 0, 2.0).otherwise(1.0)
    p_adjusted = share * F.when(F.col("is_slice"), of_slice).otherwise(F.col("inside"))
    return (
        inside.withColumn("is_slice", is_slice)
        .withColumn("stands", stands)
        .withColumn("families", families)
        .withColumn("lifted", F.col("simes") * F.col("families") / F.row_number().over(ranked))
        .withColumn("of_family", F.when(F.col("stands"), F.min("lifted").over(upwards)))
        .withColumn("of_family", F.max("of_family").over(family))
        .withColumn("selected", selected)
        # `least` would pass over a null.
        .withColumn("p_adjusted", F.when(F.col("tested"), F.least(F.lit(1.0), p_adjusted)))
    )

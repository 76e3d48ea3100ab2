"""Many columns tested at once: Benjamini and Hochberg's correction, inside each window."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sparkmon.errors import OptionError

__all__ = ["alpha_for", "correct"]

_WEEK_S = 7 * 86_400
_GREATEST_ALPHA = 0.05
_FAMILY = ("model", "model_version", "window_start", "window_end", "drift_type")


def alpha_for(false_alarms_per_week: float, window_s: float) -> float:
    """Return the level at which the tests of one window are corrected.

    Parameters
    ----------
    false_alarms_per_week : float
        How many windows a week may alarm on a model although nothing has drifted; above 0.
    window_s : float
        The distance between the starts of windows, in seconds; above 0.

    Returns
    -------
    float
        At most 0.05. A window without drift has a false finding with a probability of at most alpha, and a drift is
        confirmed in two of three windows: about 3 alpha^2 of the windows alarm, of which a week has
        604,800 / ``window_s``.

    Examples
    --------
    >>> round(alpha_for(1, 3600), 4), round(alpha_for(1, 60), 4), alpha_for(1, 86_400)
    (0.0445, 0.0058, 0.05)
    """
    for name, value in (("false_alarms_per_week", false_alarms_per_week), ("window_s", window_s)):
        if not value > 0:
            raise OptionError.malformed(name, value, "a number above 0")
    return min(_GREATEST_ALPHA, math.sqrt(false_alarms_per_week * window_s / (3 * _WEEK_S)))


def correct(findings: DataFrame, alpha: float, *, by: Sequence[str] = ()) -> DataFrame:
    """Set ``p_adjusted`` of all findings that were tested together, and take back drifts that it does not bear out.

    Tested together are all columns, slices and statistics of one window of one model version.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming.
    alpha : float
        The false discovery rate that is allowed, in (0, 1).
    by : sequence of str
        Further columns that keep findings apart.

    Returns
    -------
    DataFrame
        The same rows. ``p_adjusted`` is the least alpha at which a finding would stand; null where there is no p-value.
        A ``drift`` above it becomes ``ok``, and its reason says why.

    References
    ----------
    .. [1] Benjamini & Hochberg, Controlling the false discovery rate, J. R. Stat. Soc. B 57, 1995.

    Examples
    --------
    >>> findings = spark.createDataFrame(
    ...     [("m", "a", p, "drift", "") for p in (0.005, 0.02, 0.03)],
    ...     "model string, column_name string, p_value double, status string, reason string",
    ... ).selectExpr("*", "'' AS model_version", "1 AS window_start", "2 AS window_end", "'BASELINE' AS drift_type")
    >>> [(row.p_adjusted, row.status) for row in correct(findings, 0.02).orderBy("p_value").collect()]
    [(0.015, 'drift'), (0.03, 'ok'), (0.03, 'ok')]
    """
    if not 0 < alpha < 1:
        raise OptionError.malformed("alpha", alpha, "a number between 0 and 1")
    family = [F.col(name) for name in (*by, *_FAMILY)] + [F.col("p_value").isNull()]
    together = Window.partitionBy(*family)
    ranked = together.orderBy("p_value")
    rank = F.row_number().over(ranked)
    tests = F.count("p_value").over(together)
    raised = F.col("p_value") * tests / rank
    # The least of what a finding and all with greater p-values would need.
    upwards = ranked.rowsBetween(Window.currentRow, Window.unboundedFollowing)
    adjusted = findings.withColumn("raised", raised).withColumn(
        "p_adjusted",
        # `least` would pass over a null.
        F.when(F.col("p_value").isNotNull(), F.least(F.lit(1.0), F.min("raised").over(upwards))),
    )
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

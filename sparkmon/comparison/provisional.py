"""Windows that are still open: only what is gross, by a rule that holds however often one looks."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sparkmon.comparison.correction import correct
from sparkmon.errors import OptionError

__all__ = ["alpha_at_once", "provisional"]

_WEEK_S = 7 * 86_400
_GREATEST_ALPHA = 0.05
_COLUMN = (
    *("model", "model_version", "window_start", "window_end", "slice_key", "slice_value"),
    *("column_name", "column_kind"),
)
_GROSS = 2.0


def alpha_at_once(false_alarms_per_week: float, window_s: float) -> float:
    """Return the level of tests that alarm at once, without waiting for a second window.

    Parameters
    ----------
    false_alarms_per_week : float
        How many windows a week may alarm on a model although nothing has drifted; above 0.
    window_s : float
        The distance between the starts of windows, in seconds; above 0.

    Returns
    -------
    float
        At most 0.05. A window without drift alarms with at most this probability.

    Examples
    --------
    >>> round(alpha_at_once(1, 3600), 5), round(alpha_at_once(1, 86_400), 5)
    (0.00595, 0.05)
    """
    for name, value in (("false_alarms_per_week", false_alarms_per_week), ("window_s", window_s)):
        if not value > 0:
            raise OptionError.malformed(name, value, "a number above 0")
    return min(_GREATEST_ALPHA, false_alarms_per_week * window_s / _WEEK_S)


def provisional(findings: DataFrame, alpha: float) -> DataFrame:
    """Pick the columns of open windows that have drifted grossly.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS`` of the windows so far, not streaming, from :func:`sparkmon.compare` with
        ``anytime``.
    alpha : float
        The false discovery rate that is allowed, in (0, 1), whenever one looks.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.DRIFT_METRICS`` with the status ``provisional``, at most one finding per column: of the
        statistics that exceed twice their limit the one that exceeds it most. Less would not do: half of a window is
        not the mix of a whole one.

    Notes
    -----
    The p-value of each column is the inverse of an e-value (see :func:`sparkmon.statistics.evidence`). Benjamini and
    Hochberg's correction of such p-values holds however the columns depend on each other [1]_, and at every look.

    References
    ----------
    .. [1] Wang & Ramdas: False discovery rate control with e-values. J. R. Stat. Soc. B 84, 2022.

    Examples
    --------
    >>> from sparkmon.comparison import compare
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> table = spark.range(500).selectExpr("id + 2500 AS x", "id * 8 AS y")
    >>> profiles = profile_table(table, {"x": "numeric", "y": "numeric"}, model="m")
    >>> references = reference_of(spark.range(4_000).selectExpr("id AS x", "id AS y"), "m")
    >>> found = provisional(compare(profiles, references, anytime=True), 0.01)
    >>> found.select("column_name", "statistic", "status", "current_count").collect()
    [Row(column_name='x', statistic='psi', status='provisional', current_count=500)]
    """
    effect = F.abs("value") - F.col("noise") - F.col("sketch_error")
    is_gross = (F.col("status") == "drift") & (effect > _GROSS * F.col("limit"))
    ranked = Window.partitionBy(*_COLUMN).orderBy(
        F.desc("is_gross"), F.desc_nulls_first(F.try_divide(effect, F.col("limit"))), "statistic"
    )
    columns = (
        findings.where("drift_type = 'BASELINE'")
        .withColumn("is_gross", F.coalesce(is_gross, F.lit(False)))
        .withColumn("place", F.row_number().over(ranked))
        .where("place = 1")
    )
    borne_out = correct(columns, alpha).where("is_gross AND status = 'drift'")
    return borne_out.withColumns(
        {
            "status": F.lit("provisional"),
            "reason": F.concat(F.lit("so far, the window being open: "), "reason"),
        }
    ).select(*findings.columns)

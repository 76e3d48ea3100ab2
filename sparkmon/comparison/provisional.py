"""Windows that are still open: only what is gross, by a rule that holds however often one looks."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sparkmon.comparison.correction import correct
from sparkmon.comparison.effect import GROSS, effect
from sparkmon.schemas import PROFILE_KEY

__all__ = ["provisional"]


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
    is_gross = (F.col("status") == "drift") & (effect() > GROSS * F.col("limit"))
    ranked = Window.partitionBy(*PROFILE_KEY).orderBy(
        F.desc("is_gross"), F.desc_nulls_first(F.try_divide(effect(), F.col("limit"))), "statistic"
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
            "reason": F.concat(F.lit("in an open window: "), "reason"),
        }
    ).select(*findings.columns)

"""A column that is there and should not be, or the other way round, as a finding: there is nothing to measure."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sparkmon.schemas import DRIFT_METRICS, SLICE, WINDOW_KEY

__all__ = ["KEY", "presence_findings"]

KEY = (*WINDOW_KEY, *SLICE)
"""What columns come or stay away together by."""


def presence_findings(
    columns: DataFrame, statistic: str, rows: Column, reason: Column
) -> DataFrame:
    """Make a finding over its limit of each row.

    Parameters
    ----------
    found : DataFrame
        The key of a profile, ``reference`` and ``data_type``.
    statistic : str
        What the findings are called.
    rows : Column
        How many rows of the window have the column.
    reason : Column
        A sentence.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``: the value 1 beside the limit 0, with the status ``over_limit``.
    """
    fields = {
        "drift_type": F.lit("LIMIT"),
        "statistic": F.lit(statistic),
        "value": F.lit(1.0),
        "threshold": F.lit(0.0),
        "noise": F.lit(0.0),
        "sketch_error": F.lit(0.0),
        "limit": F.lit(0.0),
        "current_count": rows.cast("bigint"),
        "status": F.lit("over_limit"),
        "reason": reason,
    }
    return columns.withColumns(fields).select(
        *(
            F.col(field.name)
            if field.name in {*columns.columns, *fields}
            else F.lit(None).cast(field.dataType).alias(field.name)
            for field in DRIFT_METRICS.fields
        )
    )

"""Findings of drift and of rates over their limit as alerts: one per window and column, by its strongest statistic."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from sparkmon.schemas import ALERTS, ALL_ROWS

__all__ = ["alerts_of"]

_ABOUT = ("model", "model_version", "slice_key", "slice_value", "column_name", "reference")
_WINDOW = ("window_start", "window_end")
_COLUMN = ("model", "model_version", "column_name", "column_kind")


def alerts_of(findings: DataFrame) -> DataFrame:
    """Turn the columns of each window that drifted or are over their limit into alerts.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming: inside ``foreachBatch`` or in batch. Those that are not
        ``confirmed`` make no alert; where that was not looked at (null) they do. A ``provisional`` one makes an alert
        of that state, whose id is not that of the same column once its window has closed.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.ALERTS``. Of several statistics that found a column drifted, the one furthest over its
        threshold, relative to it, is told. A slice makes an alert of its own only where the column as a whole makes
        none in that window. ``:joint`` is the column in which a row stands for all its numeric features together:
        :func:`sparkmon.domain_classifier` then says which of them the rows can be told apart by.

    Examples
    --------
    >>> from sparkmon.comparison import compare
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> profiles = profile_table(spark.range(2_000), {"id": "numeric"}, model="m", k=4000)
    >>> alerts_of(compare(profiles, reference_of(spark.range(4_000), "m"))).first().message
    'id of the model m drifted from training: psi 3.80 is over its threshold 0.200 (2,000 rows against 4,000)'
    """
    is_open = F.col("status") == "provisional"
    strongest = Window.partitionBy(*_ABOUT, *_WINDOW).orderBy(
        # Anything is infinitely far over a threshold of 0.
        F.desc_nulls_first(F.try_divide(F.abs("value"), F.col("threshold"))),
        "statistic",
    )
    is_whole = F.col("slice_key") == ALL_ROWS
    whole = F.count_if(is_whole).over(Window.partitionBy(*_COLUMN, *_WINDOW))
    drifted = (
        findings.where(
            "status IN ('drift', 'over_limit', 'provisional') AND coalesce(confirmed, true)"
        )
        .withColumns({"place": F.row_number().over(strongest), "whole": whole})
        .where((F.col("place") == 1) & (is_whole | (F.col("whole") == 0)))
    )
    identity = F.concat_ws(
        "\u001f",
        *_ABOUT,
        "drift_type",
        # As numbers, for the text of a time changes with the session's time zone.
        *(F.coalesce(F.unix_micros(name).cast("string"), F.lit("")) for name in _WINDOW),
        F.when(is_open, "provisional"),  # a null is left out
    )
    return drifted.withColumns(
        {
            "alert_id": F.sha2(identity, 256),
            "state": F.when(is_open, "provisional").otherwise("fired"),
            "fired_time": F.current_timestamp(),
            "message": _message(),
        }
    ).select(*ALERTS.names)


def _slice() -> Column:
    key = F.col("slice_key")
    plain = F.when(key.rlike("^\\w+$"), key).otherwise(F.concat(F.lit("("), key, F.lit(")")))
    return F.when(key == ALL_ROWS, "").otherwise(
        F.concat(F.lit(" in the slice "), plain, F.lit(" = "), "slice_value")
    )


def _message() -> Column:
    presence = F.col("statistic").isin("missing_column", "extra_column")
    limit = F.col("drift_type") == "LIMIT"
    when = F.when(
        F.col("window_start").isNotNull(),
        F.concat(
            F.when(F.col("status") == "provisional", " so far in the open window ").otherwise(
                " in the window "
            ),
            F.date_format("window_start", "yyyy-MM-dd HH:mm"),
            F.lit(" to "),
            F.date_format("window_end", "yyyy-MM-dd HH:mm z"),
        ),
    ).otherwise("")
    what = (
        F.when(F.col("status") == "provisional", F.concat(F.lit("drifts from "), "reference"))
        .when(F.col("statistic") == "missing_column", "is missing")
        .when(presence, "is not in the reference")
        .when(limit, "is over its limit")
        .otherwise(F.concat(F.lit("drifted from "), "reference"))
    )
    numbers = (
        F.when(presence, "")
        .when(
            limit,
            F.format_string(
                ": %s %.3g is over the %.3g allowed (%,d rows)",
                *("statistic", "value", "threshold", "current_count"),
            ),
        )
        .otherwise(
            F.format_string(
                ": %s %.3g is over its threshold %.3g (%,d rows against %,d)",
                *("statistic", "value", "threshold", "current_count", "reference_count"),
            )
        )
    )
    who = F.when(F.col("column_kind") == "joint", "the features together").otherwise(
        F.col("column_name")
    )
    return F.concat(
        F.format_string("%s of the model %s ", who, "model"),
        what,
        _slice(),
        when,
        numbers,
    )

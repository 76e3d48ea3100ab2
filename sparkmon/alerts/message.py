"""What is said of a column in a window, in one sentence."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

__all__ = ["message_of"]


def message_of(condition: Column) -> Column:
    """Write the sentence for a finding.

    Parameters
    ----------
    condition : Column
        The condition of ``sparkmon.schemas.OBSERVATIONS``; the other columns are those of ``DRIFT_METRICS``.
    """
    who = F.when(F.col("column_kind") == "joint", "the features together").otherwise(
        F.col("column_name")
    )
    fine = condition == "ok"
    return F.concat(
        F.format_string("%s of the model %s ", who, "model"),
        F.when(fine, _recovered()).otherwise(_what()),
        _slice(),
        _when(),
        F.when(fine, _figure("is within its threshold")).otherwise(_numbers()),
    )


def _is_presence() -> Column:
    return F.col("statistic").isin("missing_column", "extra_column")


def _is_limit() -> Column:
    return F.col("drift_type") == "LIMIT"


def _is_open() -> Column:
    return F.col("status") == "provisional"


def _what() -> Column:
    return (
        F.when(_is_open(), F.concat(F.lit("drifts from "), "reference"))
        .when(F.col("statistic") == "missing_column", "is missing")
        .when(_is_presence(), "is not in the reference")
        .when(_is_limit(), "is over its limit")
        .otherwise(F.concat(F.lit("drifted from "), "reference"))
    )


def _recovered() -> Column:
    return F.when(_is_limit(), "is within its limits again").otherwise(
        F.concat(F.lit("is like "), "reference", F.lit(" again"))
    )


def _slice() -> Column:
    key = F.col("slice_key")
    plain = F.when(key.rlike("^\\w+$"), key).otherwise(F.concat(F.lit("("), key, F.lit(")")))
    return F.when(key.isNull(), "").otherwise(
        F.concat(F.lit(" in the slice "), plain, F.lit(" = "), "slice_value")
    )


def _when() -> Column:
    return F.when(
        F.col("window_start").isNotNull(),
        F.concat(
            F.when(_is_open(), " so far in the open window ").otherwise(" in the window "),
            F.date_format("window_start", "yyyy-MM-dd HH:mm"),
            F.lit(" to "),
            F.date_format("window_end", "yyyy-MM-dd HH:mm z"),
        ),
    ).otherwise("")


def _numbers() -> Column:
    limit = F.format_string(
        ": %s %.3g is over the %.3g allowed (%,d rows)",
        *("statistic", "value", "threshold", "current_count"),
    )
    return (
        F.when(_is_presence(), "")
        .when(_is_limit(), limit)
        .otherwise(_figure("is over its threshold"))
    )


def _figure(how: str) -> Column:
    against = F.when(F.col("reference_count").isNull(), "").otherwise(
        F.format_string(" against %,d", "reference_count")
    )
    return F.concat(
        F.format_string(
            f": %s %.3g {how} %.3g (%,d rows",
            *("statistic", "value", "threshold", "current_count"),
        ),
        against,
        F.lit(")"),
    )

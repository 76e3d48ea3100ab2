"""Findings as what may be told: one row per window and column, by its strongest statistic."""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from sparkmon.alerts.message import message_of
from sparkmon.schemas import CANDIDATES, SERIES_KEY

__all__ = ["CRITICAL_AT", "alerts_of", "candidates_of"]

CRITICAL_AT = 5.0
"""So many times what is allowed is critical."""

_ABOUT = (*SERIES_KEY, "reference")
_WINDOW = ("window_start", "window_end")
_COLUMN = ("model", "model_version", "column_name", "column_kind")
_RANK = {"trouble": 0, "unconfirmed": 1, "fine": 2}


def candidates_of(findings: DataFrame, watched: Collection[str] = ()) -> DataFrame:
    """Say what the windows show of each column that is in trouble, and of those that were.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming: inside ``foreachBatch`` or in batch. Those that are not
        ``confirmed`` are ``unconfirmed``; where that was not looked at (null) they are trouble.
    watched : collection of str
        The ids of incidents of which it is wanted, too, that a window is ``fine``.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.CANDIDATES``. Of several statistics that found a column drifted, the one furthest over what
        is allowed, relative to it, is told. A column is ``fine`` in a window in which some statistics find it so and
        none does not; ``statistics`` says which. Of a window with too few rows nothing is said. A slice is ``covered``
        where the column as a whole is in trouble in that window.
    """
    trouble = F.col("status").isin("drift", "over_limit", "provisional")
    rank = F.when(trouble, F.when(F.coalesce("confirmed", F.lit(True)), 0).otherwise(1)).when(
        F.col("status") == "ok", 2
    )
    named = findings.withColumns({"rank": rank, "incident_id": _incident_id()})
    wanted = F.col("rank") < _RANK["fine"]
    if watched:
        wanted |= (F.col("rank") == _RANK["fine"]) & F.col("incident_id").isin(*watched)
    is_whole = F.col("slice_key").isNull()
    strongest = Window.partitionBy("incident_id", *_WINDOW).orderBy(
        "rank",
        # Anything is infinitely far over a threshold of 0.
        F.desc_nulls_first(_times_allowed()),
        "statistic",
    )
    whole = F.count_if(is_whole & (F.col("rank") == 0)).over(Window.partitionBy(*_COLUMN, *_WINDOW))
    # Of the rows of one column in one window: which statistics say what the first of them says.
    alike = F.array_sort(
        F.transform(
            F.filter(
                F.collect_list(F.struct("rank", "statistic")).over(
                    Window.partitionBy("incident_id", *_WINDOW)
                ),
                lambda each: each["rank"] == F.col("rank"),
            ),
            lambda each: each["statistic"],
        )
    )
    condition = F.when((F.col("rank") == 0) & ~is_whole & (F.col("whole") > 0), "covered")
    for name, place in _RANK.items():
        condition = condition.when(F.col("rank") == place, name)
    return (
        named.where(wanted)
        .withColumns({"place": F.row_number().over(strongest), "whole": whole, "statistics": alike})
        .where("place = 1")
        .withColumns({"alert_id": _alert_id(), "condition": condition, "severity": _severity()})
        .withColumn("message", message_of(F.col("condition")))
        .select(*CANDIDATES.names)
    )


def alerts_of(findings: DataFrame) -> DataFrame:
    """Turn the columns of each window that drifted or are over their limit into alerts, for use in batch.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming. Those that are not ``confirmed`` make no alert; where that
        was not looked at (null) they do. A ``provisional`` one makes an alert whose id is not that of the same column
        once its window has closed.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.CANDIDATES``: each column in trouble, by its strongest statistic. A slice makes an alert of
        its own only where the column as a whole makes none in that window. ``:joint`` is the column in which a row
        stands for all its numeric features together: :func:`sparkmon.domain_classifier` then says which of them the
        rows can be told apart by. A running :class:`sparkmon.Monitor` decides by its policy which of them are told.

    Examples
    --------
    >>> from sparkmon.comparison import compare
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> profiles = profile_table(spark.range(2_000), {"id": "numeric"}, model="m", k=4000)
    >>> alert = alerts_of(compare(profiles, reference_of(spark.range(4_000), "m"))).first()
    >>> alert.severity
    'critical'
    >>> alert.message
    'id of the model m drifted from training: psi 3.80 is over its threshold 0.200 (2,000 rows against 4,000)'
    """
    return candidates_of(findings).where("condition = 'trouble'")


def _times_allowed() -> Column:
    return F.try_divide(F.abs("value"), F.col("threshold"))


def _severity() -> Column:
    """Judge by how far over what is allowed it is: the limit of blocks where there is one, else the threshold."""
    allowed = F.coalesce("limit", "threshold")
    times = F.coalesce(F.try_divide(F.abs("value"), allowed), F.lit(float("inf")))
    return (
        F.when(F.col("statistic") == "missing_column", "critical")
        .when(F.col("statistic") == "extra_column", "info")
        .when(times >= CRITICAL_AT, "critical")
        .otherwise("warning")
    )


def _incident_id() -> Column:
    length = F.unix_micros("window_end") - F.unix_micros("window_start")
    return F.sha2(
        F.concat_ws("\u001f", *(_text(F.col(name)) for name in _ABOUT), _text(length)), 256
    )


def _alert_id() -> Column:
    # As numbers, for the text of a time changes with the session's time zone.
    times = (_text(F.unix_micros(name)) for name in _WINDOW)
    is_open = F.when(F.col("status") == "provisional", "provisional")  # a null is left out
    return F.sha2(F.concat_ws("\u001f", "incident_id", *times, is_open), 256)


def _text(number: Column) -> Column:
    return F.coalesce(number.cast("string"), F.lit(""))

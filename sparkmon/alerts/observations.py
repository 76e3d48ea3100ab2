"""Findings as observations: one row per window and column, by its strongest statistic."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from sparkmon.comparison import Finding
from sparkmon.schemas import OBSERVATIONS, SERIES_KEY

__all__ = ["CRITICAL_AT", "alerts_of", "observation_rows", "observations_of"]

CRITICAL_AT = 5.0
"""A value of this many times its threshold is critical."""

_SUBJECT = (*SERIES_KEY, "reference")
_WINDOW = ("window_start", "window_end")
_ADDED = ("alert_id", "incident_id", "statistics", "outcome", "severity")
_COLUMN = ("model", "model_version", "column_name", "column_kind")
_RANK = {"drift": 0, "unconfirmed": 1, "ok": 2}


def observations_of(findings: DataFrame, unsettled: Collection[str] = ()) -> DataFrame:
    """Return what the windows show of each column that drifts, and of columns with unsettled incidents.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming: inside ``foreachBatch`` or in batch. A drift that is not
        ``confirmed`` is ``unconfirmed``; one for which that is null counts as confirmed.
    unsettled : collection of str
        The ids of the incidents for which ``ok`` windows are returned, too.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.OBSERVATIONS``. Of several statistics that found a drift, the row is that of the one whose
        value is the largest multiple of its threshold. A column is ``ok`` if at least one statistic finds it ok and
        none finds a drift; ``statistics`` lists them. A window with too few rows has no row. A slice is ``inhibited``
        if the whole column drifts in that window.
    """
    output = to_arrow_schema(OBSERVATIONS, timezone="UTC")

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield pa.RecordBatch.from_pylist([_row(row) for row in batch.to_pylist()], output)

    return _strongest(findings, unsettled).mapInArrow(write, OBSERVATIONS)


def observation_rows(
    findings: DataFrame, unsettled: Collection[str] = (), outcome: str | None = None
) -> list[dict[str, Any]]:
    """Collect :func:`observations_of`, or those with one outcome; the messages are written on the driver."""
    strongest = _strongest(findings, unsettled)
    if outcome is not None:
        strongest = strongest.where(F.col("outcome") == outcome)
    return [_row(row) for row in strongest.toArrow().to_pylist()]


def _row(strongest: Mapping[str, Any]) -> dict[str, Any]:
    message = Finding.of(strongest).message(recovered=strongest["outcome"] == "ok")
    return {name: strongest.get(name) for name in OBSERVATIONS.names} | {"message": message}


def _strongest(findings: DataFrame, unsettled: Collection[str]) -> DataFrame:
    is_drift = F.col("status").isin("drift", "over_limit", "provisional")
    rank = F.when(is_drift, F.when(F.coalesce("confirmed", F.lit(True)), 0).otherwise(1)).when(
        F.col("status") == "ok", 2
    )
    ranked = findings.withColumns({"rank": rank, "incident_id": _incident_id()})
    is_shown = F.col("rank") < _RANK["ok"]
    if unsettled:
        is_shown |= (F.col("rank") == _RANK["ok"]) & F.col("incident_id").isin(*unsettled)
    is_whole = F.col("slice_key").isNull()
    strongest = Window.partitionBy("incident_id", *_WINDOW).orderBy(
        "rank",
        # Any value is infinitely many times a threshold of 0.
        F.desc_nulls_first(_times_allowed()),
        "statistic",
    )
    whole = F.count_if(is_whole & (F.col("rank") == 0)).over(Window.partitionBy(*_COLUMN, *_WINDOW))
    # The statistics of the column in the window with the outcome of the first one.
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
    outcome = F.when((F.col("rank") == 0) & ~is_whole & (F.col("whole") > 0), "inhibited")
    for name, place in _RANK.items():
        outcome = outcome.when(F.col("rank") == place, name)
    return (
        ranked.where(is_shown)
        .withColumns({"place": F.row_number().over(strongest), "whole": whole, "statistics": alike})
        .where("place = 1")
        .withColumns({"alert_id": _alert_id(), "outcome": outcome, "severity": _severity()})
        .select(*findings.columns, *_ADDED)
    )


def alerts_of(findings: DataFrame) -> DataFrame:
    """Return an alert of each column that drifted or exceeds its limit, for use in batch.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming. A drift that is not ``confirmed`` has no alert; one for
        which that is null has. The alert of a ``provisional`` drift has another id than that of the closed window.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.OBSERVATIONS``: each column that drifts, by its strongest statistic. A slice has an alert
        only if its whole column has none in that window. The column ``:joint`` stands for all numeric features
        together: :func:`sparkmon.domain_classifier` reports which of them differ. A running
        :class:`sparkmon.Monitor` applies its policy to decide which of them notify.

    Examples
    --------
    >>> from sparkmon.comparison import compare
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> profiles = profile_table(spark.range(2_000), {"id": "numeric"}, model="m", k=4000)
    >>> alert = alerts_of(compare(profiles, reference_of(spark.range(4_000), "m"))).first()
    >>> alert.severity
    'critical'
    >>> alert.message
    'id of the model m drifted from training: psi 3.8 exceeds its threshold 0.2 (2,000 rows against 4,000)'
    """
    return observations_of(findings).where("outcome = 'drift'")


def _times_allowed() -> Column:
    return F.try_divide(F.abs("value"), F.col("threshold"))


def _severity() -> Column:
    """Return the severity by the multiple of the limit, which the reference's blocks may raise above the threshold."""
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
        F.concat_ws("\u001f", *(_text(F.col(name)) for name in _SUBJECT), _text(length)), 256
    )


def _alert_id() -> Column:
    # As numbers, because the text of a time depends on the session's time zone.
    times = (_text(F.unix_micros(name)) for name in _WINDOW)
    is_open = F.when(F.col("status") == "provisional", "provisional")  # a null is left out
    return F.sha2(F.concat_ws("\u001f", "incident_id", *times, is_open), 256)


def _text(number: Column) -> Column:
    return F.coalesce(number.cast("string"), F.lit(""))

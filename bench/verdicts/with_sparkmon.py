"""sparkmon's own verdicts, by the functions that a user calls on two tables."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.verdicts.case import BLOCK, Case, Verdicts
from sparkmon.comparison import (
    JUDGED,
    Checks,
    References,
    alpha_for,
    compare_profiles,
    confirm,
    correct,
)
from sparkmon.profiles import column_kinds, profile_table, reference_of

__all__ = ["judge_by_sparkmon"]

_DAY_S = 86_400
_TIME = "_time"


def judge_by_sparkmon(spark: SparkSession, case: Case, folder: Path) -> tuple[Verdicts, Verdicts]:
    """Judge a case that was written to ``folder``; each block and each window is a day.

    Returns
    -------
    alerts : dict
        A column alarms in a window if a finding would make an alert: a drift that is confirmed, by a window before or
        by its size.
    findings : dict
        It alarms if a finding is a drift, confirmed or not.

    Notes
    -----
    A column of which every finding says that it has too few rows, or that it is not comparable, is not judged.
    """
    known = _dated(spark.read.parquet(str(folder / "reference.parquet")))
    table = _dated(spark.read.parquet(str(folder / "current.parquet")))
    made = reference_of(known, case.name, time=_TIME, block="1 day").toArrow()
    checks = Checks()
    kinds = column_kinds(known, [_TIME])
    profiles = profile_table(table, kinds, model=case.name, time=_TIME, window="1 day")
    found = compare_profiles(profiles.toArrow(), References(made, checks), checks)
    alpha = alpha_for(checks.false_alarms_per_week, _DAY_S)
    found = confirm(correct(found, alpha), alpha=alpha)
    alerts: Verdicts = {name: [None] * case.windows for name in case.columns}
    findings: Verdicts = {name: [None] * case.windows for name in case.columns}
    for row in found.to_pylist():
        name, place = row["column_name"], int(row["window_start"].timestamp()) // _DAY_S
        if row["status"] in JUDGED:
            alerts[name][place] = bool(alerts[name][place] or row["confirmed"])
            findings[name][place] = bool(findings[name][place] or row["status"] == "drift")
    return alerts, findings


def _dated(table: DataFrame) -> DataFrame:
    return table.withColumn(_TIME, F.timestamp_seconds(F.col(BLOCK) * _DAY_S)).drop(BLOCK)

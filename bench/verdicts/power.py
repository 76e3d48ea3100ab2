"""How surely a slight shift of one column in twenty is told of, and how often one that is not there."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from sparkmon.comparison import (
    Checks,
    References,
    alpha_for,
    compare_profiles,
    confirm,
    correct,
)
from sparkmon.profiles import profile_table, reference_of
from sparkmon.records import FeatureKind

__all__ = ["Power", "measure_power"]

_COLUMNS = 20
_ROWS = 5_000
_BLOCKS = 30
_QUIET, _SHIFTED = 5, 3
_SHIFT_SD = 0.2
_HOUR_S = 3_600
_RUN = "run"


@dataclass(frozen=True)
class Power:
    """What came of a number of runs."""

    runs: int
    found: int
    """Runs whose shifted column made an alert within three windows of the shift."""
    quiet_windows: int
    """Windows, of all columns together, before the shift."""
    false_alarms: int
    """Of those, the ones in which any column made an alert."""

    def __str__(self) -> str:
        return (
            f"a shift of {_SHIFT_SD} standard deviations in one of {_COLUMNS} columns, {_ROWS:,} rows "
            f"to a window, makes an alert within {_SHIFTED} windows in {self.found} of {self.runs} runs; "
            f"of {self.quiet_windows:,} windows without a shift, {self.false_alarms} alarmed"
        )


def measure_power(spark: SparkSession, runs: int = 200) -> Power:
    """Watch models of 20 columns of which one shifts by 0.2 standard deviations after five of eight windows.

    Rows are N(0, 1), 5,000 to a window. Each run draws its own; the reference, of 30 windows' rows, is one for all, as
    it is for a model in production.
    """
    names = [f"x{place:02}" for place in range(_COLUMNS)]
    kinds: dict[str, FeatureKind] = dict.fromkeys(names, "numeric")
    known = _rows(spark, _BLOCKS * _ROWS, names, seed=1).withColumn("time", _hour(_ROWS))
    made = reference_of(known, "power", time="time", block="1 hour", exclude=["id"]).toArrow()
    windows = _QUIET + _SHIFTED
    rows = _rows(spark, runs * windows * _ROWS, names, seed=2)
    run = F.floor(F.col("id") / (windows * _ROWS)).alias(_RUN)
    window = F.floor(F.col("id") / _ROWS) % windows
    table = rows.withColumns({_RUN: run, "time": F.timestamp_seconds(window * _HOUR_S)})
    shifted = F.when(window >= _QUIET, _SHIFT_SD).otherwise(0.0)
    table = table.withColumns(
        {
            name: F.col(name) + F.when(F.col(_RUN) % _COLUMNS == place, shifted).otherwise(0.0)
            for place, name in enumerate(names)
        }
    )
    profiles = profile_table(table, kinds, model="power", time="time", window="1 hour", by=[_RUN])
    checks = Checks()
    found = compare_profiles(profiles.toArrow(), References(made, checks), checks, keep=[_RUN])
    alpha = alpha_for(checks.false_alarms_per_week, _HOUR_S)
    judged = confirm(correct(found, alpha, by=[_RUN]), alpha=alpha, by=[_RUN])
    alarms = {
        (row[_RUN], int(row["window_start"].timestamp()) // _HOUR_S, row["column_name"])
        for row in judged.to_pylist()
        if row["confirmed"]
    }
    right = {run for run, at, name in alarms if at >= _QUIET and name == names[run % _COLUMNS]}
    wrong = {(run, at) for run, at, _ in alarms if at < _QUIET}
    return Power(runs, len(right), runs * _QUIET, len(wrong))


def _rows(spark: SparkSession, rows: int, names: list[str], seed: int) -> DataFrame:
    columns = [F.randn(1_000 * seed + place).alias(name) for place, name in enumerate(names)]
    return spark.range(rows).select("id", *columns)


def _hour(rows: int) -> Column:
    return F.timestamp_seconds(F.floor(F.col("id") / rows) * _HOUR_S)

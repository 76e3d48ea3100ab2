"""The time that the windows of a batch span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sparkmon.health import Traffic
from sparkmon.interval import EPOCH

__all__ = ["WindowRange", "has_length"]


def has_length(seconds: float) -> Column:
    """Whether a window is of this length."""
    length = F.unix_micros("window_end") - F.unix_micros("window_start")
    return length == round(seconds * 1e6)


@dataclass(frozen=True)
class WindowRange:
    """The first start and the first and last end of some windows, in UTC, and the traffic in them.

    Windows close in the order of their ends: those of earlier batches ended before ``first_end``, and those of this
    batch, if it was written before, did not.
    """

    first_start: datetime
    first_end: datetime
    last_end: datetime
    traffic: Mapping[str, Traffic]
    """By model."""

    @classmethod
    def of(cls, windows: DataFrame) -> WindowRange | None:
        """Read it from a DataFrame of ``sparkmon.schemas.PROFILES``; None if that has no rows."""
        start, end = F.unix_micros("window_start"), F.unix_micros("window_end")
        rows = F.col("profile.count") + F.col("profile.num_nulls")
        whole = F.col("slice_key").isNull()
        most = {
            kind: F.max(F.when(whole & (F.col("column_kind") == kind), rows))
            for kind in ("feature", "prediction")
        }
        counted = windows.groupBy("model", start.alias("start"), end.alias("end")).agg(
            *(F.coalesce(count, F.lit(0)).alias(kind) for kind, count in most.items())
        )
        windows_read = counted.toArrow().to_pylist()
        if not windows_read:
            return None
        traffic: dict[str, Traffic] = {}
        for row in windows_read:
            one, model = Traffic(_time(row["end"]), row["feature"], row["prediction"]), row["model"]
            traffic[model] = traffic[model].merge(one) if model in traffic else one
        starts, ends = ([row[name] for row in windows_read] for name in ("start", "end"))
        return cls(_time(min(starts)), _time(min(ends)), _time(max(ends)), traffic)


def _time(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)

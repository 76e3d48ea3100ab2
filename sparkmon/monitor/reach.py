"""From when to when the windows of a batch are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sparkmon.health import Traffic

__all__ = ["EPOCH", "Reach", "lasts"]

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def lasts(seconds: float) -> Column:
    """Tell whether a window is so long."""
    length = F.unix_micros("window_end") - F.unix_micros("window_start")
    return length == round(seconds * 1e6)


@dataclass(frozen=True)
class Reach:
    """The least start and the least and greatest end of some windows, in UTC, and whose traffic is in them.

    Windows close in the order of their ends: those of earlier batches ended before ``first_end``, and those of this
    batch, if it was written before, did not.
    """

    first_start: datetime
    first_end: datetime
    last_end: datetime
    traffic: Mapping[str, Traffic]
    """By model."""

    @classmethod
    def of(cls, windows: DataFrame) -> Reach | None:
        """Ask a DataFrame of ``sparkmon.schemas.PROFILES``; None where it has no rows."""
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
        found = counted.toArrow().to_pylist()
        if not found:
            return None
        traffic: dict[str, Traffic] = {}
        for row in found:
            one, model = Traffic(_at(row["end"]), row["feature"], row["prediction"]), row["model"]
            traffic[model] = traffic[model].and_then(one) if model in traffic else one
        ends = [row["end"] for row in found]
        return cls(_at(min(row["start"] for row in found)), _at(min(ends)), _at(max(ends)), traffic)


def _at(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)

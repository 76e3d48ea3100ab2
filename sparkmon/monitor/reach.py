"""From when to when the windows of a batch are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

__all__ = ["EPOCH", "Reach", "lasts"]

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def lasts(seconds: float) -> Column:
    """Tell whether a window is so long."""
    length = F.unix_micros("window_end") - F.unix_micros("window_start")
    return length == round(seconds * 1e6)


@dataclass(frozen=True)
class Reach:
    """The least start and the least and greatest end of some windows, in UTC, and whose they are.

    Windows close in the order of their ends: those of earlier batches ended before ``first_end``, and those of this
    batch, if it was written before, did not.
    """

    first_start: datetime
    first_end: datetime
    last_end: datetime
    models: tuple[str, ...]

    @classmethod
    def of(cls, windows: DataFrame) -> Reach | None:
        """Ask a DataFrame with ``window_start`` and ``window_end``; None where it has no rows."""
        start, end = F.unix_micros("window_start"), F.unix_micros("window_end")
        models = F.collect_set("model")
        *times, found = windows.agg(F.min(start), F.min(end), F.max(end), models).collect()[0]
        if times[0] is None:
            return None
        first_start, first_end, last_end = (EPOCH + timedelta(microseconds=at) for at in times)
        return cls(first_start, first_end, last_end, tuple(found))

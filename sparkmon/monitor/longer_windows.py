"""Longer windows, such as days of hours, merged from the profiles of closed windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.interval import EPOCH, parse_interval
from sparkmon.monitor.window_range import WindowRange, has_length
from sparkmon.profiles import merge_profiles
from sparkmon.schemas import PROFILES
from sparkmon.tables import Tables

__all__ = ["LongerWindows"]


class LongerWindows:
    """Merges closed windows to longer ones, as soon as these have ended.

    Parameters
    ----------
    tables : Tables
        Where the table ``profiles`` is.
    window_s : float
        The length of the windows that close, in seconds.
    lengths : sequence of str
        The longer windows' lengths, as intervals; whole multiples of the windows' own.

    Notes
    -----
    Spark emits closed windows in the order of their ends: once one of them ends at or after the end of a longer window,
    all its parts have come. Which longer windows a batch completes follows from the batch and from what was written
    before it, so that a replayed batch completes the same.
    """

    def __init__(self, tables: Tables, window_s: float, lengths: Sequence[str]) -> None:
        self._tables, self._window_s, self._lengths = tables, window_s, lengths

    @property
    def all_s(self) -> list[float]:
        """The lengths of all windows, in seconds."""
        longer = (parse_interval("longer", length) for length in self._lengths)
        return [self._window_s, *(length.total_seconds() for length in longer)]

    def completed(self, profiles: DataFrame, span: WindowRange) -> DataFrame | None:
        """Return the profiles of the longer windows that a batch completes.

        Parameters
        ----------
        profiles : DataFrame
            A batch of ``sparkmon.schemas.PROFILES``, of closed windows.
        span : WindowRange
            The time that they span.

        Returns
        -------
        DataFrame or None
            ``sparkmon.schemas.PROFILES``; None if no longer window has ended.
        """
        if not self._lengths:
            return None
        before = self._last_before(profiles, span)
        longer = [
            merged
            for length in self._lengths
            if (merged := self._merged(profiles, length, before, span)) is not None
        ]
        return reduce(DataFrame.unionByName, longer) if longer else None

    def _last_before(self, profiles: DataFrame, span: WindowRange) -> datetime | None:
        """Return the end of the last window that was written before this batch."""
        earlier = self._written(profiles, EPOCH, span)
        if earlier is None:
            return None
        micros = earlier.agg(F.max(F.unix_micros("window_end"))).collect()[0][0]
        return None if micros is None else EPOCH + timedelta(microseconds=micros)

    def _merged(
        self, profiles: DataFrame, length: str, before: datetime | None, span: WindowRange
    ) -> DataFrame | None:
        long = parse_interval("longer", length)
        start, end = _floor(before or span.first_start, long), _floor(span.last_end, long)
        if end <= start:
            return None
        parts = profiles.select(*PROFILES.names)
        earlier = self._written(profiles, start, span)
        if earlier is not None:
            parts = parts.unionByName(earlier)
        return merge_profiles(parts.where(F.col("window_start") < F.lit(end)), length)

    def _written(self, profiles: DataFrame, start: datetime, span: WindowRange) -> DataFrame | None:
        names = PROFILES.names
        spark = profiles.sparkSession
        rows: DataFrame | None = self._tables.find(spark, "profiles", names, start, span.first_end)
        if rows is None:
            return None
        return rows.where(has_length(self._window_s)).select(*names)


def _floor(time: datetime, length: timedelta) -> datetime:
    """Return the last whole multiple of a length since 1970, at or before a time."""
    return time - (time - EPOCH) % length

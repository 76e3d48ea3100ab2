"""Profiles of small windows merged to larger ones without reading rows again."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.profiles.aggregate import WINDOW_K, merged_profile
from sparkmon.profiles.rows import shaped
from sparkmon.schemas import SERIES_KEY


def merge_profiles(
    profiles: DataFrame, window: str | None = None, *, k: int = WINDOW_K
) -> DataFrame:
    """Merge profiles of disjoint windows into profiles of longer windows, or into one.

    Parameters
    ----------
    profiles : DataFrame
        ``sparkmon.schemas.PROFILES`` of windows that do not overlap.
    window : str, optional
        Length of the longer windows, a whole multiple of the shorter ones'; all time is one window without.
    k : int, default 800
        KLL parameter of the merged sketches.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.PROFILES``.

    Examples
    --------
    >>> from sparkmon.profiles.table import profile_table
    >>> table = spark.sql("SELECT double(id) AS x, id * INTERVAL 1 HOUR + TIMESTAMP '2026-01-05' AS t FROM range(48)")
    >>> hours = profile_table(table, {"x": "numeric"}, model="m", time="t", window="1 hour")
    >>> days = merge_profiles(hours, "1 day").orderBy("window_start")
    >>> hours.count(), [tuple(row) for row in days.select("profile.count", "profile.avg").collect()]
    (48, [(24, 11.5), (24, 35.5)])
    """
    merged = merged_profile(F.col("profile"), k=k).alias("profile")
    if window is None:
        whole = profiles.groupBy(*SERIES_KEY).agg(
            merged, F.min("window_start").alias("start"), F.max("window_end").alias("end")
        )
        return shaped(whole, F.col("start"), F.col("end"))
    longer = profiles.groupBy(*SERIES_KEY, F.window("window_start", window).alias("window")).agg(
        merged
    )
    return shaped(longer, F.col("window.start"), F.col("window.end"))

"""Windows compared with earlier windows: what changed now, independent of the training data."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sparkmon.comparison.calibration import Calibration
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.history import History
from sparkmon.comparison.judge import judge_profiles
from sparkmon.schemas import PROFILE, PROFILE_KEY, PROFILES, SERIES_KEY

__all__ = ["compare_history"]


def compare_history(
    profiles: DataFrame,
    history: History,
    earlier: DataFrame | None = None,
    checks: Checks | None = None,
    *,
    kinds: DataFrame | None = None,
) -> DataFrame:
    """Compare each profile with windows of its own column before it.

    Parameters
    ----------
    profiles : DataFrame
        ``sparkmon.schemas.PROFILES``, not streaming.
    history : History
        Which windows. They are of the same length and do not overlap the window, nor each other.
    earlier : DataFrame, optional
        Profiles of the windows before the first of these, from the table ``profiles``.
    checks : Checks, optional
        The statistics and thresholds; the defaults without.
    kinds : DataFrame, optional
        ``sparkmon.schemas.REFERENCES``, which has the kind of each column; by default a column has the kind of most
        of its values.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.DRIFT_METRICS`` with the history's ``drift_type`` and name; none for a window that has no
        such window before it, and none for rates. Where two or more windows make the reference, each is also a block
        of it, and their effects bound what counts as drift, as the blocks of a training reference
        do.

    Examples
    --------
    >>> from sparkmon.profiles import profile_table
    >>> table = spark.sql("SELECT id % 1000 + 300 * floor(id / 2000) AS x, "
    ...     "TIMESTAMP '2026-01-05' + floor(id / 1000) * INTERVAL 1 HOUR AS time FROM range(4000)")
    >>> profiles = profile_table(table, {"x": "numeric"}, model="m", time="time", window="1 hour", k=4000)
    >>> found = compare_history(profiles, History.parse("previous"), checks=Checks(("ks",)))
    >>> [(round(row.value, 3), row.status) for row in found.orderBy("window_start").collect()]
    [(0.0, 'ok'), (0.3, 'drift'), (0.0, 'ok')]
    """
    windows = profiles.where(F.col("column_kind") != "row_flag").select(*PROFILES.names)
    candidates = (
        windows if earlier is None else windows.unionByName(earlier.select(*PROFILES.names))
    )
    before = candidates.select(
        *(F.col(name).alias(f"p_{name}") for name in SERIES_KEY),
        F.col("window_start").alias("p_start"),
        (F.col("window_end") - F.col("window_start")).alias("p_length"),
        F.col("profile").alias("p_profile"),
    )
    same = [F.col(name).eqNullSafe(F.col(f"p_{name}")) for name in SERIES_KEY]
    pairs = windows.join(before, [*same, _is_of(history)])
    past = F.call_function("max_by", "p_profile", "p_start", F.lit(history.windows))
    grouped = pairs.groupBy(*PROFILE_KEY).agg(
        F.first("profile").alias("profile"), past.alias("blocks")
    )
    joined = _typed(grouped, kinds).select(
        *PROFILES.names,
        F.struct(
            F.lit("").alias("model_version"),
            F.lit(history.name).alias("reference"),
            "data_type",
            F.lit(None).cast(PROFILE).alias("profile"),
            "blocks",
        ).alias("known"),
    )
    return judge_profiles(joined, [], checks or Checks(), Calibration(), history.drift_type)


def _is_of(history: History) -> Column:
    """Return whether an earlier window belongs to the history of another."""
    back = F.unix_micros("window_start") - F.unix_micros("p_start")
    length = F.unix_micros("window_end") - F.unix_micros("window_start")
    same_length = F.col("p_length") == F.col("window_end") - F.col("window_start")
    step = length if history.period_s is None else F.lit(round(history.period_s * 1e6))
    lookback = F.lit(round(history.lookback_s(0.0) * 1e6))
    if history.period_s is None:
        lookback = length * round(history.lookback_s(1.0))
    # Whole steps back: windows that overlap (``slide``) are passed over.
    return same_length & (back >= length) & (back <= lookback) & (back % step == 0)


def _typed(past: DataFrame, kinds: DataFrame | None) -> DataFrame:
    of_column = ("model", "column_name", "column_kind")
    if kinds is None:
        typed = past.withColumn("known_type", F.lit(None).cast("string"))
    else:
        types = kinds.groupBy(*of_column).agg(F.first("data_type").alias("known_type"))
        typed = past.join(F.broadcast(types), [*of_column], "left")
    last = F.col("blocks")[0]
    counts = last["num_texts"] > last["num_numbers"]
    is_joint = F.col("column_kind") == "joint"
    plain = F.when(is_joint, "joint").when(counts, "categorical").otherwise("numeric")
    kind = F.coalesce("known_type", plain)
    return typed.withColumn("data_type", kind)

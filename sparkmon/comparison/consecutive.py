"""Windows beside the window before: what changed now, whatever the training data were like."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.comparison.calibration import Calibration
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.judge import judge_profiles
from sparkmon.schemas import PROFILES

__all__ = ["compare_consecutive"]

_SERIES = ("model", "model_version", "slice_key", "slice_value", "column_name", "column_kind")


def compare_consecutive(
    profiles: DataFrame,
    earlier: DataFrame | None = None,
    checks: Checks | None = None,
    *,
    kinds: DataFrame | None = None,
) -> DataFrame:
    """Compare each profile with that of the last window of its column that ended by its start.

    Parameters
    ----------
    profiles : DataFrame
        ``sparkmon.schemas.PROFILES``, not streaming.
    earlier : DataFrame, optional
        Profiles of the windows before the first of these, from the table ``profiles``.
    checks : Checks, optional
        The statistics and thresholds; the defaults without.
    kinds : DataFrame, optional
        ``sparkmon.schemas.REFERENCES``, which tell the columns whose numbers are codes; without, a column is what most
        of its values are.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.DRIFT_METRICS`` with the ``drift_type`` ``CONSECUTIVE`` and the reference ``previous``; none
        for the first window of a column, and none for rates.

    Examples
    --------
    >>> from sparkmon.profiles import profile_table
    >>> table = spark.sql("SELECT id % 1000 + 300 * floor(id / 2000) AS x, "
    ...     "TIMESTAMP '2026-01-05' + floor(id / 1000) * INTERVAL 1 HOUR AS time FROM range(4000)")
    >>> profiles = profile_table(table, {"x": "numeric"}, model="m", time="time", window="1 hour", k=4000)
    >>> found = compare_consecutive(profiles, checks=Checks(("ks",))).orderBy("window_start")
    >>> [(round(row.value, 3), row.status) for row in found.collect()]
    [(0.0, 'ok'), (0.3, 'drift'), (0.0, 'ok')]
    """
    names = PROFILES.names
    told = profiles.where(F.col("column_kind") != "enrichment").select(*names)
    candidates = told if earlier is None else told.unionByName(earlier.select(*names))
    before = candidates.select(
        *(F.col(name).alias(f"p_{name}") for name in _SERIES),
        F.col("window_end").alias("p_end"),
        F.col("profile").alias("p_profile"),
    )
    same = [F.col(name) == F.col(f"p_{name}") for name in _SERIES]
    # Windows may overlap: of those that had ended when this one began, the one that ended last.
    pairs = told.join(before, [*same, F.col("p_end") <= F.col("window_start")])
    keys = [name for name in names if name != "profile"]
    previous = pairs.groupBy(*keys).agg(
        F.first("profile").alias("profile"), F.max_by("p_profile", "p_end").alias("previous")
    )
    of_column = ("model", "column_name", "column_kind")
    if kinds is None:
        typed = previous.withColumn("data_type", F.lit(None).cast("string"))
    else:
        known = kinds.groupBy(*of_column).agg(F.first("data_type").alias("data_type"))
        typed = previous.join(F.broadcast(known), [*of_column], "left")
    counts = F.col("previous.num_texts") > F.col("previous.num_numbers")
    is_joint = F.col("column_kind") == "joint"
    plain = F.when(is_joint, "joint").when(counts, "categorical").otherwise("numeric")
    kind = F.coalesce("data_type", plain)
    joined = typed.select(
        *names,
        F.struct(
            F.lit("").alias("model_version"),
            F.lit("previous").alias("reference"),
            kind.alias("data_type"),
            F.col("previous").alias("profile"),
        ).alias("known"),
    )
    return judge_profiles(joined, [], checks or Checks(), Calibration(), "CONSECUTIVE")

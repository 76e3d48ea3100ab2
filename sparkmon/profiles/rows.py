"""Decoded rows to profiles per model, window and column: one aggregation for all models of a stream."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sparkmon.profiles.aggregate import WINDOW_K, cell_columns, profile_of
from sparkmon.profiles.joint import JOINT, Projections, projected_features
from sparkmon.profiles.slices import of_rows
from sparkmon.schemas import PROFILES, SLICE
from sparkmon.slicing import Slices

OF_WHOLE = "column_kind <> 'joint' OR slice_key IS NULL"
"""Whole rows are summarised for all slices together: a reference has no more."""


def profile_rows(
    rows: DataFrame,
    window: str,
    *,
    slide: str | None = None,
    slices: Slices | None = None,
    projections: Projections | None = None,
    k: int = WINDOW_K,
) -> DataFrame:
    """Summarise rows per model, model version, event-time window and column.

    Features are profiled from requests and predictions from responses, so nothing waits for a pair. What a
    transformer noted on requests (``row_flags``) is profiled next to the features.

    Parameters
    ----------
    rows : DataFrame
        As ``sparkmon.rows`` makes them (``sparkmon.schemas.DECODED``), streaming or not. A streaming one needs its
        ``delay``, a watermark on ``event_time``; a window is emitted when the watermark passes its end.
    window : str
        Length of the windows as a Spark interval, such as ``"1 hour"``. Windows start at whole multiples of it
        since 1970-01-01 UTC.
    slide : str, optional
        Distance between the starts of windows; by default windows do not overlap.
    slices : Slices, optional
        What to slice each model's rows by, besides the whole and in the same pass; see :func:`sparkmon.slices_of`.
        Responses are in the slices of their request where they carry its payload (``sparkmon receive`` pairs the
        halves of a call that reach it within seconds), else in none.
    projections : mapping, optional
        Model and model version (empty for all others) to the projection of its reference, as
        :func:`sparkmon.profiles.projections_of` reads them. Requests of these models also have the column ``:joint``.
    k : int, default 800
        KLL parameter of the sketches.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.PROFILES``.

    Examples
    --------
    >>> rows = spark.sql(
    ...     "SELECT 'm' AS model, '' AS model_version, 'request' AS event_type, id * INTERVAL 20 MINUTES "
    ...     "+ TIMESTAMP '2026-01-05' AS event_time, map('x', named_struct('number', double(id), 'text', "
    ...     "string(null))) AS features, null AS predictions FROM range(6)"
    ... )
    >>> profiles = profile_rows(rows, "1 hour").orderBy("window_start")
    >>> [tuple(row) for row in profiles.select("column_name", "profile.count", "profile.avg").collect()]
    [('x', 3, 1.0), ('x', 3, 4.0)]
    """
    is_request = F.col("event_type") == "request"
    no_vector = F.lit(None).cast("array<float>").alias("vector")
    side = F.struct(
        F.when(is_request, "feature").otherwise("prediction").alias("column_kind"),
        F.when(is_request, F.col("features")).otherwise(F.col("predictions")).alias("cells"),
        no_vector,
    )
    sides = F.array(side)
    if "row_flags" in rows.columns:
        notes = F.struct(
            F.lit("row_flag").alias("column_kind"),
            F.col("row_flags").alias("cells"),
            no_vector,
        )
        has_notes = is_request & F.col("row_flags").isNotNull()
        sides = F.when(has_notes, F.array(side, notes)).otherwise(sides)
    if projections:
        rows = _with_joint(rows, projections)
        sides = F.concat(sides, F.array("joint"))
    of_row = ["model", "model_version", "event_time"]
    if slices:
        rows, of_row = rows.withColumn("slices", of_rows(slices)), [*of_row, "slices"]
    values = rows.select(*of_row, F.inline(sides)).select(
        *of_row, "column_kind", "vector", F.explode("cells").alias("column_name", "cell")
    )
    keys = ["column_name", "column_kind"]
    columns = cell_columns(F.col("cell.number"), F.col("cell.text"), vector=F.col("vector"))
    cells = values.select(*of_row, *keys, *columns)
    grouped = (
        (sliced(cells) if slices else cells)
        .groupBy(
            "model",
            "model_version",
            F.window("event_time", window, slide).alias("window"),
            *(SLICE if slices else ()),
            "column_name",
            "column_kind",
        )
        .agg(profile_of(numbers=True, texts=True, vectors=True, k=k).alias("profile"))
    )
    return shaped(grouped, F.col("window.start"), F.col("window.end"))


def _with_joint(rows: DataFrame, projections: Projections) -> DataFrame:
    """Add the column ``joint``: a side whose only cell is the row's error; it has no cell where there is none."""
    features = F.when(F.col("event_type") == "request", F.col("features"))
    project = projected_features(projections)
    # A column of its own first: Spark would compute it once for each use.
    projected = rows.withColumn("projected", project("model", "model_version", features))
    error = F.struct(
        F.col("projected.error").alias("number"), F.lit(None).cast("string").alias("text")
    )
    joint = F.struct(
        F.lit("joint").alias("column_kind"),
        F.when(F.col("projected").isNotNull(), F.create_map(F.lit(JOINT), error)).alias("cells"),
        F.col("projected.vector").alias("vector"),
    )
    return projected.withColumn("joint", joint)


def sliced(cells: DataFrame) -> DataFrame:
    """Lay out the rows of each of their ``slices``, as ``slice_key`` and ``slice_value``; ``:joint`` of the whole."""
    others = [name for name in cells.columns if name != "slices"]
    laid_out = cells.select(*others, F.inline("slices")).where(
        "slice_key IS NULL OR slice_value IS NOT NULL"
    )
    if "column_kind" in cells.columns:
        laid_out = laid_out.where(OF_WHOLE)
    return laid_out


def shaped(profiles: DataFrame, start: Column, end: Column, keep: Sequence[str] = ()) -> DataFrame:
    """Give grouped profiles the columns of ``sparkmon.schemas.PROFILES``, in its order, behind those to keep."""
    whole = {name: F.lit(None).cast("string") for name in SLICE if name not in profiles.columns}
    return profiles.withColumns({"window_start": start, "window_end": end, **whole}).select(
        *keep, *PROFILES.names
    )

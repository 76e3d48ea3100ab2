"""Decoded rows to profiles per model, window and column: one aggregation for all models of a stream."""

import math
from datetime import timedelta
from functools import partial

from pyspark.sql import DataFrame, functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from sparkmon.interval import parse_interval
from sparkmon.panes import PaneBuilder, Projections
from sparkmon.profiles.merge import WINDOW_K, merged
from sparkmon.profiles.panes import EVERYTHING, panes_of
from sparkmon.protocol import DECODED, blocks_of_rows
from sparkmon.slicing import BlockSlices, Slices


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

    Raises
    ------
    OptionError
        ``window`` or ``slide`` is not an interval.

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
    length = parse_interval("window", window)
    step = length if slide is None else parse_interval("slide", slide)
    microsecond = timedelta(microseconds=1)
    builder = partial(
        PaneBuilder,
        math.gcd(length // microsecond, step // microsecond),
        slices=BlockSlices(slices) if slices else None,
        projections=projections or {},
        k=k,
        limits=EVERYTHING,
    )
    types = {field.name: field.dataType for field in from_arrow_schema(DECODED)}
    columns = {name: F.lit(0 if name == "instance" else None) for name in types} | {
        name: F.col(name) for name in rows.columns
    }
    decoded = rows.select(*(columns[name].cast(type_).alias(name) for name, type_ in types.items()))
    panes = panes_of(decoded.where("event_time IS NOT NULL"), blocks_of_rows, builder)
    if rows.isStreaming:
        # A pane is as late as its rows: Spark keeps a column's watermark in its metadata, and allows no second one.
        panes = panes.withMetadata("window_start", rows.schema["event_time"].metadata)
    return merged(panes, F.window("window_start", window, slide), k=k)

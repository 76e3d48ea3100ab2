"""A wide table to profiles, all columns in one pass: how references are made and tables are compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window, functions as F

from sparkmon.compat import from_arrow
from sparkmon.detectors import GREATEST_RATE, OutlierModel
from sparkmon.distributions import Projection
from sparkmon.distributions.schema import OUTLIER, PANES, SLICE
from sparkmon.interval import parse_interval
from sparkmon.panes import JOINT, PaneBuilder
from sparkmon.panes.parts import COUNTS
from sparkmon.profiles.cells import cell_columns, cells_of, quoted, unused_name
from sparkmon.profiles.merge import WINDOW_K, merged
from sparkmon.profiles.panes import EVERYTHING, panes_of
from sparkmon.profiles.slices import read_kinds
from sparkmon.protocol import Cells, RowBlock
from sparkmon.records import FeatureKind
from sparkmon.slicing import BlockSlices, Slices

_TIME = "sparkmon_time"
_ALL_TIME = 2**62
"""In microseconds: all rows are in one pane, or in one before 1970 and one after."""


def profile_table(
    table: DataFrame,
    kinds: Mapping[str, FeatureKind],
    *,
    model: str,
    model_version: str = "",
    time: str | None = None,
    window: str | None = None,
    by: Sequence[str] = (),
    predictions: Sequence[str] = (),
    slices: Slices | None = None,
    projection: Projection | None = None,
    detectors: OutlierModel | None = None,
    k: int = WINDOW_K,
) -> DataFrame:
    """Summarise the columns of a table, as a whole, per window or per group.

    Parameters
    ----------
    table : DataFrame
        One row per instance.
    kinds : mapping of str to {"numeric", "categorical", "code", "boolean", "time"}
        The columns to summarise; see :func:`column_kinds`. A numeric column's strings that are no numbers are
        counted as texts; a categorical column's values are written out as strings.
    model, model_version : str
        What the profiles are of.
    time : str, optional
        The timestamp column that gives ``window_start`` and ``window_end``; they are null without.
    window : str, optional
        Group by windows of this length over ``time``, such as ``"1 day"``.
    by : sequence of str
        Columns of ``table`` to group by; kept in the result before ``sparkmon.schemas.PROFILES``.
    predictions : sequence of str
        Columns that are the model's outputs; the others are features.
    slices : Slices, optional
        What to slice the rows by, in addition to the whole and in the same pass; see :func:`sparkmon.slices_of`.
    projection : Projection, optional
        The projection of the model's reference; adds the column ``:joint``.
    detectors : OutlierModel, optional
        The detectors of the model's reference; adds the row flag ``:outlier``.
    k : int, default 800
        KLL parameter of the sketches.

    Returns
    -------
    DataFrame
        The ``by`` columns and those of ``sparkmon.schemas.PROFILES``; one row per group and column.

    Raises
    ------
    OptionError
        ``window`` is not an interval.
    """
    clock = unused_name(table, "time")
    moment = F.lit(None) if time is None else F.col(quoted(time))
    rows = table.withColumn(clock, F.unix_micros(moment.cast("timestamp")))
    if window is not None:
        rows = rows.where(F.col(clock).isNotNull())
    cut = () if slices is None else slices.of(model, model_version)
    read = read_kinds(cut) | dict.fromkeys(projection.names if projection else (), "numeric")
    if detectors is not None:
        read |= detectors.columns.kinds
    features: dict[str, FeatureKind] = {
        **{name: kind for name, kind in read.items() if name in table.columns},
        **{name: kind for name, kind in kinds.items() if name not in predictions},
    }
    if time is not None and window is None:
        features[clock] = "numeric"
    outputs = {name: kind for name, kind in kinds.items() if name in predictions}
    groups = {f"by_{place}": name for place, name in enumerate(by)}  # names without dots
    keys = [F.col(quoted(name)).alias(group) for group, name in groups.items()]
    cells = cell_columns(rows, features, "feature") + cell_columns(rows, outputs, "prediction")
    blocks = partial(_blocks, (model, model_version), (*features,), (*outputs,), detectors)
    builder = partial(
        PaneBuilder,
        _ALL_TIME if window is None else parse_interval("window", window) // timedelta(microseconds=1),
        slices=BlockSlices(Slices({(model, model_version): cut})) if cut else None,
        projections={(model, model_version): projection} if projection else {},
        k=k,
        limits=EVERYTHING,
        only={*kinds, clock, OUTLIER},
    )
    panes = panes_of(rows.select(*keys, F.col(clock).alias(_TIME), *cells), blocks, builder, [*groups])
    if window is None and not by:
        columns = {name: "prediction" if name in outputs else "feature" for name in kinds}
        if projection is not None:
            columns[JOINT] = "joint"
        panes = panes.unionByName(_of_no_rows(table, model, model_version, columns))
    of_window = None if window is None else F.window("window_start", window)
    profiles = merged(panes, of_window, k=k, by=[*groups])
    if window is None:
        profiles = _with_bounds(profiles, [*groups], clock).where(F.col("column_name") != clock)
    return profiles.withColumnsRenamed(groups)


def _blocks(
    owner: tuple[str, str],
    features: tuple[str, ...],
    outputs: tuple[str, ...],
    detectors: OutlierModel | None,
    batch: pa.RecordBatch,
) -> Iterator[RowBlock]:
    """Give the rows of a batch as those of requests, and their outputs as those of responses."""
    places = np.zeros(batch.num_rows, np.int64)
    times = batch.column(_TIME).fill_null(0).to_numpy()
    cells = cells_of(batch, features, "feature")
    requests = RowBlock(*owner, "request", places, times, places.astype(np.int32), cells)
    if detectors is not None:
        p_values = detectors.scores(detectors.columns.read(cells)).p_values[:, None]
        requests = replace(requests, row_flags=Cells((OUTLIER,), p_values, p_values <= GREATEST_RATE))
    yield requests
    if outputs:
        yield replace(requests, event_type="response", predictions=cells_of(batch, outputs, "prediction"))


def _of_no_rows(table: DataFrame, model: str, version: str, columns: Mapping[str, str]) -> DataFrame:
    """Return the panes of no rows: a table without rows has profiles, too."""
    nothing: dict[str, Any] = dict.fromkeys(COUNTS, 0) | {"frequent_items": []}
    of_model = {"model": model, "model_version": version, "profile": nothing}
    panes = [of_model | {"column_name": name, "column_kind": kind} for name, kind in columns.items()]
    return from_arrow(table.sparkSession, pa.Table.from_pylist(panes, schema=PANES))


def _with_bounds(profiles: DataFrame, by: Sequence[str], clock: str) -> DataFrame:
    """Give the profiles of a group and slice the times of its first and last row, which the column ``clock`` has."""
    rows = Window.partitionBy(*by, *SLICE)
    is_clock = F.col("column_name") == clock
    first = F.min(F.when(is_clock, F.col("profile.min"))).over(rows)
    bounds = {"window_start": first, "window_end": F.max(F.when(is_clock, F.col("profile.max"))).over(rows)}
    return profiles.withColumns({name: F.timestamp_micros(micros.cast("bigint")) for name, micros in bounds.items()})

"""Findings over time: how far each column is beyond what is allowed, window by window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.comparison import Finding, excess
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.views.source import Source, conditions, rows_of

_NAMES = (
    *("window_start", "window_end", "column_name", "column_kind", "slice_key", "slice_value", "statistic"),
    *("drift_type", "value", "noise", "sketch_error", "threshold", "limit", "block_limit", "status", "confirmed"),
)
_READ = pa.schema([DRIFT_METRICS.field(name) for name in _NAMES])
_NO_COLUMNS = {"client"}
"""Kinds of findings that are of no column."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The strongest finding of a column in a window."""

    excess: float
    statistic: str
    status: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Columns by windows: the strongest finding of each, the columns with the greatest excess first."""

    model: str
    columns: tuple[tuple[str, str], ...]
    """Name and kind."""
    window_ends: tuple[datetime, ...]
    cells: tuple[tuple[Cell | None, ...], ...]
    """By column, then by window; None where nothing was judged."""


@dataclass(frozen=True, slots=True)
class Series:
    """One statistic of one column, window after window; arrays of one length, NaN where there is no number."""

    model: str
    column_name: str
    column_kind: str
    slice: str
    statistic: str
    drift_type: str
    window_starts: tuple[datetime, ...]
    window_ends: tuple[datetime, ...]
    values: npt.NDArray[np.float64]
    noise: npt.NDArray[np.float64]
    """The value expected from sampling alone, and the sketch error."""
    limits: npt.NDArray[np.float64]
    """What the value, less noise, has to exceed."""
    thresholds: npt.NDArray[np.float64]
    statuses: tuple[str, ...]


def findings_of(
    source: Source,
    model: str,
    *,
    window_end: datetime | None = None,
    column: str | None = None,
    since: datetime | None = None,
) -> list[Finding]:
    """Return the findings of a model as records, the strongest first: those of a window, of a column, or since."""
    where = conditions(model=model, window_end=window_end, column_name=column, since=since)
    rows = rows_of(source, "drift_metrics", DRIFT_METRICS, where)
    strength = np.nan_to_num(excess(rows), nan=-1.0, posinf=np.inf)
    ordered = rows.take(np.argsort(-strength, kind="stable"))
    return [Finding.of(row) for row in ordered.to_pylist()]


def heat_map(source: Source, model: str, *, since: datetime | None = None) -> HeatMap:
    """Return the strongest finding of each column of a model in each window; slices are not in it.

    Parameters
    ----------
    source : Source
        What has the table ``drift_metrics``; see :func:`sparkmon.views.open_source`.
    model : str
        The model, all of its versions.
    since : datetime, optional
        Only windows that end then or later.
    """
    where = conditions(model=model, since=since)
    rows = rows_of(source, "drift_metrics", _READ, where)
    is_whole = pc.and_(
        pc.is_null(rows["slice_key"]), pc.invert(pc.is_in(rows["column_kind"], pa.array([*_NO_COLUMNS])))
    )
    rows = rows.filter(is_whole)
    strength = excess(rows)
    columns = pc.binary_join_element_wise(rows["column_kind"], rows["column_name"], "\x1f").combine_chunks()
    codes, names = _factorized(columns)
    places, ends = _factorized(rows["window_end"].combine_chunks())
    # The last of those that sort by strength stands for the cell; what was not judged sorts first.
    order = np.lexsort([np.nan_to_num(strength, nan=-1.0, posinf=np.inf), places, codes])
    cells: list[list[Cell | None]] = [[None] * len(ends) for _ in names]
    statistics, statuses = rows["statistic"].to_pylist(), rows["status"].to_pylist()
    for at in order[_is_last(codes[order], places[order])].tolist():
        cells[codes[at]][places[at]] = Cell(float(strength[at]), statistics[at], statuses[at])
    by_time = np.argsort(np.array([end.timestamp() for end in ends]), kind="stable").tolist()
    ranked = sorted(range(len(names)), key=lambda column: (-_greatest(cells[column]), names[column]))
    pairs = [tuple(name.split("\x1f", 1)) for name in names]
    return HeatMap(
        model,
        tuple((pairs[column][1], pairs[column][0]) for column in ranked),
        tuple(ends[at] for at in by_time),
        tuple(tuple(cells[column][at] for at in by_time) for column in ranked),
    )


def series(
    source: Source,
    model: str,
    column: str,
    *,
    statistic: str | None = None,
    slice: tuple[str, str] | None = None,
    since: datetime | None = None,
) -> Series | None:
    """Return one statistic of a column over time; by default the one that was furthest beyond its limit.

    None if there is no such finding. ``slice`` is a key and a value; by default all rows.
    """
    key, value = slice or (None, None)
    where = conditions(
        model=model, column_name=column, statistic=statistic, slice_key=key, slice_value=value, since=since
    )
    rows = rows_of(source, "drift_metrics", _READ, where)
    rows = rows if slice is not None else rows.filter(pc.is_null(rows["slice_key"]))
    if not rows.num_rows:
        return None
    strength = np.nan_to_num(excess(rows), nan=-1.0, posinf=np.inf)
    strongest = rows.slice(int(strength.argmax()), 1).to_pylist()[0]
    same = ("statistic", "drift_type", "column_kind")
    for name in same:
        rows = rows.filter(pc.equal(rows[name], pa.scalar(strongest[name])))
    rows = rows.sort_by("window_end")
    return Series(
        model=model,
        column_name=column,
        column_kind=strongest["column_kind"],
        slice="" if slice is None else f"{slice[0]} = {slice[1]}",
        statistic=strongest["statistic"],
        drift_type=strongest["drift_type"],
        window_starts=tuple(rows["window_start"].to_pylist()),
        window_ends=tuple(rows["window_end"].to_pylist()),
        values=_floats(rows, "value"),
        noise=np.nan_to_num(_floats(rows, "noise")) + np.nan_to_num(_floats(rows, "sketch_error")),
        limits=_floats(rows, "limit"),
        thresholds=_floats(rows, "threshold"),
        statuses=tuple(rows["status"].to_pylist()),
    )


def _floats(rows: pa.Table, name: str) -> npt.NDArray[np.float64]:
    return rows[name].cast(pa.float64()).to_numpy().astype(np.float64)


def _factorized(column: Any) -> tuple[npt.NDArray[np.int64], list[Any]]:  # noqa: ANN401 - an Arrow array
    encoded = column.dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(), np.int64), encoded.dictionary.to_pylist()


def _is_last(codes: npt.NDArray[np.int64], places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    is_last = np.ones(len(codes), np.bool_)
    is_last[:-1] = (np.diff(codes) != 0) | (np.diff(places) != 0)
    return is_last


def _greatest(cells: Sequence[Cell | None]) -> float:
    return max((cell.excess for cell in cells if cell is not None and cell.excess == cell.excess), default=-1.0)

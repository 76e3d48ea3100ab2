"""Panes of disjoint rows merged by key: counts added up, moments by Chan, sketches within their bounds."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions import write_kll
from sparkmon.distributions.arrays import BoolArray, FloatArray, IntArray
from sparkmon.distributions.schema import PROFILE_KEY
from sparkmon.panes.merge_texts import merged_texts
from sparkmon.panes.parts import COUNTS, PARTS, flattened, nested
from sparkmon.panes.pool import Expected, PaneLimits, pooled


def merge_panes(
    panes: pa.Table,
    k: int = 800,
    *,
    limits: PaneLimits | None = None,
    expected: Expected = {},  # noqa: B006 - never changed
) -> pa.Table:
    """Merge ``PANES`` of disjoint rows by key; give them the bounds of a window first, and they become its profiles.

    ``k`` is the KLL parameter of the merged sketches; with ``limits`` the models and columns that occur least are
    pooled, except the ``expected`` ones. ProfileError if a sketch is malformed.

    Counts, extremes and moments (by Chan's formula) are those of all rows at once. Level counts are exact while no
    pane and no merge has more than 1,000 levels; beyond, a level may be undercounted by a thousandth of the rows in
    which it was not among the commonest.
    """
    parts = flattened(panes)
    if limits is not None:
        parts = pooled(parts, limits, expected)
    return nested(merge_parts(parts, k, limits or PaneLimits()))


def merge_parts(parts: pa.Table, k: int, limits: PaneLimits) -> pa.Table:
    """Merge ``PARTS`` by ``PROFILE_KEY``; no row of the result has ``values``."""
    if not parts.num_rows:
        return parts
    numbered = parts.select(PROFILE_KEY).append_column("row", pa.array(np.arange(parts.num_rows)))
    keys = numbered.group_by(list(PROFILE_KEY), use_threads=False).aggregate([("row", "list")])
    lists: Any = keys["row_list"].combine_chunks()
    starts = lists.offsets.to_numpy()[:-1].astype(np.int64)
    ordered = parts.take(lists.values).combine_chunks()
    sizes = np.diff(np.append(starts, parts.num_rows))
    columns: dict[str, Any] = {name: keys[name] for name in PROFILE_KEY}
    last = ordered["last_event_time"].cast(pa.int64()).to_numpy()
    columns["last_event_time"] = pa.array(np.maximum.reduceat(last, starts)).cast(PARTS.field("last_event_time").type)
    for name in COUNTS:
        columns[name] = pa.array(np.add.reduceat(ordered[name].to_numpy(), starts))
    none = columns["num_numbers"].to_numpy() == 0
    for name, values in _moments(ordered, starts, sizes).items():
        columns[name] = pa.array(values, mask=none)
    columns["sketch"] = pa.array(_sketches(ordered, starts, none, k), pa.large_binary())
    columns["frequent_items"], columns["distinct_sketch"] = merged_texts(ordered, starts, sizes, limits)
    columns["vector"] = pa.array(_vectors(ordered, starts, sizes), pa.list_(pa.float64()))
    columns["values"] = pa.nulls(starts.size, PARTS.field("values").type)
    return pa.table(columns).select(PARTS.names).cast(PARTS)


def _moments(parts: pa.Table, starts: IntArray, sizes: IntArray) -> dict[str, FloatArray]:
    least, greatest, avg, m2 = (parts[name].to_numpy() for name in ("min", "max", "avg", "m2"))
    n = parts["num_numbers"].to_numpy().astype(np.float64)
    with np.errstate(all="ignore"):  # groups without numbers; squares of values near 1e200
        share = n / np.repeat(np.add.reduceat(n, starts), sizes)
        mean = np.add.reduceat(np.where(n > 0, share * avg, 0.0), starts)
        off = avg - np.repeat(mean, sizes)
        squares = np.add.reduceat(np.where(n > 0, m2 + n * off * off, 0.0), starts)
    return {
        "min": np.fmin.reduceat(least, starts),
        "max": np.fmax.reduceat(greatest, starts),
        "avg": mean,
        "m2": squares,
    }


def _sketches(parts: pa.Table, starts: IntArray, none: BoolArray, k: int) -> list[bytes | None]:
    sketches = parts["sketch"].to_pylist()
    lists: Any = parts["values"].combine_chunks()
    lengths: Any = pc.list_value_length(lists).fill_null(0)
    bounds = np.concatenate([[0], np.cumsum(lengths.to_numpy(zero_copy_only=False))]).tolist()
    numbers = lists.flatten().to_numpy()
    ends = [*starts[1:].tolist(), parts.num_rows]
    merged: list[bytes | None] = []
    for start, end, is_empty in zip(starts.tolist(), ends, none.tolist(), strict=True):
        pieces: list[Any] = [each for each in sketches[start:end] if each is not None]
        if bounds[end] > bounds[start]:
            pieces.append(numbers[bounds[start] : bounds[end]])
        if is_empty or not pieces:
            merged.append(None)
        elif len(pieces) == 1 and isinstance(pieces[0], bytes):
            merged.append(pieces[0])
        else:
            merged.append(write_kll(pieces, k))
    return merged


def _vectors(parts: pa.Table, starts: IntArray, sizes: IntArray) -> list[FloatArray | None]:
    """Average vectors by the rows that they are the means of."""
    vectors: Any = parts["vector"].combine_chunks()
    means: list[FloatArray | None] = [None] * starts.size
    valid = np.flatnonzero(vectors.is_valid().to_numpy(zero_copy_only=False))
    n = parts["num_numbers"].to_numpy()
    group = np.repeat(np.arange(starts.size), sizes)[valid]
    for each in np.unique(group):
        rows = valid[group == each]
        arrays = [np.array(vectors[int(row)].as_py()) for row in rows]
        if len({array.size for array in arrays}) == 1 and n[rows].sum():
            means[int(each)] = np.average(arrays, axis=0, weights=n[rows])
    return means

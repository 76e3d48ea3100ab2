"""The rows of a block summarised by pane and slice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from sparkmon.distributions import Projection
from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.panes.block_columns import Columns
from sparkmon.panes.block_groups import Groups, groups_of
from sparkmon.panes.parts import PARTS
from sparkmon.protocol import Cells, RowBlock
from sparkmon.slicing import BlockSlices

Projections: TypeAlias = Mapping[tuple[str, str], Projection]
"""Model and model version to the projection of its reference; the version is empty where it is for all others."""

JOINT = ":joint"
"""The pseudo-column in which a row stands for all its numeric features together."""

_TIME = PARTS.field("window_start").type


def parts_of(
    block: RowBlock,
    pane_us: int,
    slices: BlockSlices | None,
    projections: Projections,
    only: Collection[str] | None = None,
) -> list[pa.RecordBatch]:
    """Return the summaries of a block's rows, of ``PARTS``, of all columns or of these and ``:joint``.

    Features are summarised from requests and predictions from responses, so nothing waits for a pair.
    """
    if not len(block):
        return []
    groups = groups_of(block, pane_us, slices)
    sides = [("prediction", block.predictions)]
    if block.event_type == "request":
        sides = [("feature", block.features), ("row_flag", block.row_flags)]
    batches = [
        _batch(block, pane_us, each, kind, Columns.of(cells, each))
        for kind, cells in ((kind, _chosen(cells, only)) for kind, cells in sides)
        if cells is not None and cells.names
        for each in groups
    ]
    of_all = projections.get((block.model, ""))
    projection = projections.get((block.model, block.model_version), of_all)
    if projection is not None and block.event_type == "request" and block.features is not None:
        whole = groups[0]
        errors, vectors = projection.project(_matrix(block.features, projection.names))
        joint = Columns.of(Cells((JOINT,), errors[:, None]), whole)
        sums = np.add.reduceat(whole.columns(vectors), whole.starts, axis=1, dtype=np.float64)
        batches.append(_batch(block, pane_us, whole, "joint", joint, (sums / whole.sizes).T))
    return batches


def _batch(
    block: RowBlock, pane_us: int, groups: Groups, kind: str, columns: Columns, vectors: FloatArray | None = None
) -> pa.RecordBatch:
    """Lay out the summaries, column by column and group by group."""
    width, size = len(columns.names), groups.starts.size
    parts = width * size
    lengths = columns.fields["num_numbers"].ravel()
    start = np.tile(groups.panes * pane_us, width)
    group: Any = pa.array(np.tile(np.arange(size), width))
    column: Any = pa.array(np.repeat(np.arange(width), size))
    values: dict[str, Any] = {
        name: pa.nulls(parts, PARTS.field(name).type) for name in ("slice_value", "sketch", "distinct_sketch", "vector")
    }
    values |= {
        "model": pa.repeat(block.model, parts),
        "model_version": pa.repeat(block.model_version, parts),
        "window_start": _times(start),
        "window_end": _times(start + pane_us),
        "slice_key": pa.repeat(pa.scalar(groups.key, pa.string()), parts),
        "column_name": pa.array(columns.names, pa.string()).take(column),
        "column_kind": pa.repeat(kind, parts),
        "last_event_time": _times(np.tile(groups.last, width)),
        "frequent_items": columns.items,
        "values": pa.LargeListArray.from_arrays(
            pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int64()), pa.array(columns.numbers)
        ),
    }
    if groups.values is not None:
        values["slice_value"] = groups.values.take(group)
    if vectors is not None:
        offsets: Any = pa.array(np.arange(parts + 1) * vectors.shape[1], pa.int32())
        values["vector"] = pa.ListArray.from_arrays(offsets, pa.array(vectors.ravel()))
    for name, field in columns.fields.items():
        none = lengths == 0 if field.dtype.kind == "f" else None
        values[name] = pa.array(field.ravel(), mask=none)
    batch = pa.RecordBatch.from_arrays([values[name] for name in PARTS.names], schema=PARTS)
    present = columns.fields["count"].ravel() > 0
    return batch if present.all() else batch.filter(pa.array(present))


def _times(us: IntArray) -> pa.Array[Any]:
    return pa.Array.from_buffers(_TIME, us.size, [None, pa.py_buffer(us.tobytes())])


def _chosen(cells: Cells | None, names: Collection[str] | None) -> Cells | None:
    if cells is None or names is None:
        return cells
    places = [place for place, name in enumerate(cells.names) if name in names]
    return Cells(
        tuple(cells.names[place] for place in places),
        cells.numbers[:, places],
        None if cells.has_number is None else cells.has_number[:, places],
        {at: cells.texts[place] for at, place in enumerate(places) if place in cells.texts},
        None if cells.present is None else cells.present[:, places],
    )


def _matrix(features: Cells, names: tuple[str, ...]) -> FloatArray:
    """Return the projection's features of each row; NaN where there is no number."""
    places = {name: index for index, name in enumerate(features.names)}
    matrix = np.full((len(features), len(names)), np.nan)
    for column, name in enumerate(names):
        if name in places:
            matrix[:, column] = features.numbers[:, places[name]]
    return matrix

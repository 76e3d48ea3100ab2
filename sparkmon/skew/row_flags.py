"""Row flags of training-serving skew: 1 if a logged feature differs from the store's value, 0 if it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, SupportsFloat, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.protocol import VALUES
from sparkmon.store import Entry, FeatureValue, FeatureView, Vectors

__all__ = ["add_row_flags", "entries_of", "skew_flags"]

_TOLERANCE = 1e-6
"""Numbers that differ relatively by less are equal: V2 tensors of FP32 keep seven digits."""

Numbers: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.int64]


def entries_of(view: FeatureView, entities: pa.Array[Any]) -> tuple[list[Entry], Places]:
    """List the distinct entries of rows.

    Parameters
    ----------
    view : FeatureView
        The view that names the entity ids.
    entities : pyarrow.Array
        The ``entities`` column of the rows.

    Returns
    -------
    entries : list of mapping
        Each combination of ids once; an id that is not in a row is None.
    places : array of int
        Per row, the index of its entry.

    Examples
    --------
    >>> from sparkmon.store import GroupInView
    >>> view = FeatureView("v", 1, ("x",), (GroupInView("g", {"id": "id"}, {"x": "x"}),))
    >>> rows = pa.array([[("id", {"number": n, "text": None})] for n in (7.0, 8.0, 7.0)], VALUES)
    >>> entries_of(view, rows)
    ([{'id': 7}, {'id': 8}], array([0, 1, 0]))
    """
    cells = {name: _cell(entities, name) for name in view.entity_ids}
    columns = [part for number, text in cells.values() for part in (number, text)]
    codes = np.column_stack([_codes(column) for column in columns])
    _, first, places = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    indexes = pa.array(first)
    values = {
        name: [
            text if number is None else _whole(number)
            for number, text in zip(
                number_column.take(indexes).to_pylist(),
                text_column.take(indexes).to_pylist(),
                strict=True,
            )
        ]
        for name, (number_column, text_column) in cells.items()
    }
    entries = [dict(zip(values, each, strict=True)) for each in zip(*values.values(), strict=True)]
    return list(entries), places.reshape(-1)


def skew_flags(
    view: FeatureView, rows: pa.RecordBatch, places: Places, vectors: Vectors
) -> dict[str, Numbers]:
    """Compare the logged features of rows with the store's values.

    Parameters
    ----------
    view : FeatureView
        The view that was served. Groups without a ``time`` column are skipped: their rows may have changed since.
    rows : pyarrow.RecordBatch
        Decoded requests, with ``features`` and ``event_time``.
    places : array of int
        Per row, the index of its entry in ``vectors``.
    vectors : Vectors
        The store's values now.

    Returns
    -------
    dict
        ``<feature>.skew`` to one flag per row: 1 if the logged value differs, 0 if not, NaN if the two cannot be
        compared because the store has no row, its row is younger than the request, or the feature was not logged.
    """
    request_times = _microseconds(rows.column("event_time"))
    flags: dict[str, Numbers] = {}
    for group in view.groups:
        if group.time is None:
            continue
        computed = np.array([_stamp(time) for time in vectors.times[group.name]])
        unchanged = computed[places] <= request_times  # False for NaN: no row
        for feature in group.features.values():
            if feature not in view.features:
                continue
            column = vectors.features.index(feature)
            numbers, texts = _split([row[column] for row in vectors.values])
            number, text = _cell(rows.column("features"), feature)
            differs = _numbers_differ(number, numbers[places]) | _texts_differ(text, texts, places)
            logged = _is_logged(rows.column("features"), feature)
            flags[f"{feature}.skew"] = np.where(unchanged & logged, differs.astype(float), np.nan)
    return flags


def add_row_flags(row_flags: Any, at: Places, flags: Mapping[str, Numbers]) -> Any:  # noqa: ANN401
    """Add flags to the column ``row_flags`` for the rows ``at``; the others stay as they are.

    A NaN becomes a null value: the row was looked up and could not be compared.

    Examples
    --------
    >>> notes = pa.array([None, [("g.missing", {"number": 0.0, "text": None})]], VALUES)
    >>> for row in add_row_flags(notes, np.array([1]), {"x.skew": np.array([1.0])}).to_pylist():
    ...     print(row)
    None
    [('g.missing', {'number': 0.0, 'text': None}), ('x.skew', {'number': 1.0, 'text': None})]
    """
    bounds = np.asarray(row_flags.offsets).astype(np.int64)
    sizes = np.diff(bounds)
    added = np.zeros(len(sizes), np.int64)
    added[at] = len(flags)
    offsets = np.concatenate(([0], np.cumsum(sizes + added)))
    order = np.empty(int(offsets[-1]), np.int64)
    order[_spread(offsets[:-1], sizes)] = _spread(bounds[:-1], sizes)
    new = len(row_flags.keys) + np.arange(len(at) * len(flags))
    order[_spread((offsets[:-1] + sizes)[at], added[at])] = new
    indexes: Any = pa.array(order)
    names: Any = pa.array(list(flags) * len(at), pa.string())
    numbers = np.column_stack([*flags.values()]).ravel()
    cells: Any = pa.StructArray.from_arrays(
        [pa.array(numbers, pa.float64(), from_pandas=True), pa.nulls(len(numbers), pa.string())],
        fields=list(VALUES.item_type),
    )
    absent = row_flags.is_null().to_numpy(zero_copy_only=False) & (added == 0)
    make: Any = pa.MapArray.from_arrays  # the stubs know neither its int32 offsets nor its type
    return make(
        pa.array(offsets, pa.int32()),
        pa.concat_arrays([row_flags.keys, names]).take(indexes),
        pa.concat_arrays([row_flags.items, cells]).take(indexes),
        type=VALUES,
        mask=pa.array(absent),
    )


def _spread(starts: Places, sizes: Places) -> Places:
    """List the places that begin at each start, as many as its size."""
    first = np.cumsum(sizes) - sizes
    places: Places = np.repeat(starts - first, sizes) + np.arange(int(sizes.sum()))
    return places


def _cell(column: Any, name: str) -> tuple[Any, Any]:  # noqa: ANN401
    """Return the numbers and texts of one name in a column of maps."""
    cell = pc.map_lookup(column, pa.scalar(name), "first")
    return pc.struct_field(cell, "number"), pc.struct_field(cell, "text")


def _is_logged(column: Any, name: str) -> npt.NDArray[np.bool_]:  # noqa: ANN401
    """Return for each row whether it has the name, even with a null value."""
    cell = pc.map_lookup(column, pa.scalar(name), "first")
    logged: npt.NDArray[np.bool_] = pc.is_valid(cell).to_numpy(zero_copy_only=False)
    return logged


def _codes(column: Any) -> Places:  # noqa: ANN401
    indices = column.dictionary_encode("encode").indices
    codes: Places = indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def _whole(number: float) -> float | int:
    return int(number) if number.is_integer() else number


def _microseconds(times: Any) -> Numbers:  # noqa: ANN401
    stamps: Numbers = times.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return stamps


def _stamp(time: datetime | None) -> float:
    return float("nan") if time is None else time.timestamp() * 1e6


def _split(values: Sequence[FeatureValue]) -> tuple[Numbers, list[str | None]]:
    """Split the store's values into numbers (NaN for none) and texts, as the log does."""
    is_text = [isinstance(value, str | bytes) for value in values]
    numbers = [
        float("nan")
        if value is None or text or not isinstance(value, SupportsFloat)
        else float(value)
        for value, text in zip(values, is_text, strict=True)
    ]
    texts = [value if isinstance(value, str) else None for value in values]
    return np.array(numbers), texts


def _numbers_differ(logged: Any, stored: Numbers) -> npt.NDArray[np.bool_]:  # noqa: ANN401
    numbers = logged.to_numpy(zero_copy_only=False).astype(np.float64)
    absent = np.isnan(numbers)
    one_absent = absent != np.isnan(stored)
    far = np.abs(numbers - stored) > _TOLERANCE * np.maximum(np.abs(numbers), np.abs(stored))
    differs: npt.NDArray[np.bool_] = one_absent | far
    return differs


def _texts_differ(
    logged: Any,  # noqa: ANN401
    stored: Sequence[str | None],
    places: Places,
) -> npt.NDArray[np.bool_]:
    index: Any = pa.array(places)
    current: Any = pa.array(stored, pa.string()).take(index)
    both_null: Any = pc.and_(pc.is_null(logged), pc.is_null(current))
    same: Any = pc.fill_null(pc.equal(logged, current), False)
    alike: npt.NDArray[np.bool_] = pc.or_(same, both_null).to_numpy(zero_copy_only=False)
    return ~alike

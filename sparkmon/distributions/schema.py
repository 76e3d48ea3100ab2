"""A profile and a reference as Arrow types: the mergeable summary of one column, and where it stands.

``sparkmon.schemas`` derives Spark's types from these, so that each field is defined once.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.errors import ProfileError

SLICE = ("slice_key", "slice_value")
"""The columns that name a slice; both are null for the whole table."""

WINDOW_KEY = ("model", "model_version", "window_start", "window_end")
"""The columns that name a window of a model."""

SERIES_KEY = ("model", "model_version", *SLICE, "column_name", "column_kind")
"""The columns that name a column of a model, window after window."""

PROFILE_KEY = (*WINDOW_KEY, *SLICE, "column_name", "column_kind")
"""The columns that name a profile: a column in a window."""

REFERENCE_KEY = ("model", "model_version", "reference")
"""The columns that name a reference."""

OUTLIER = ":outlier"
"""The row flag of outliers: 1 of an outlier, 0 of others. In a reference, the p-values of the training rows that were
not fitted on, up to 0.05; null of others."""

CLIENTS = ":clients"
"""The column of a model's clients: in findings those that attack it, in a reference their baseline."""

OTHER_VALUES = ":other"
"""The slice of all values of a key that do not stand alone."""

_TIME = pa.timestamp("us", tz="UTC")

PROFILE = pa.struct(
    [
        pa.field("count", pa.int64()),
        pa.field("num_nulls", pa.int64()),
        pa.field("num_nan", pa.int64()),
        pa.field("num_inf", pa.int64()),
        pa.field("num_numbers", pa.int64()),
        pa.field("num_texts", pa.int64()),
        pa.field("min", pa.float64()),
        pa.field("max", pa.float64()),
        pa.field("avg", pa.float64()),
        pa.field("m2", pa.float64()),
        pa.field("sketch", pa.binary()),
        pa.field("distinct_sketch", pa.binary()),
        pa.field("frequent_items", pa.map_(pa.string(), pa.int64())),
        pa.field("vector", pa.list_(pa.float32())),
    ]
)
"""What one column was like over some rows.

``count`` = ``num_nulls`` + ``num_nan`` + ``num_inf`` (either sign) + ``num_numbers`` (finite) + ``num_texts``.
``min``, ``max``, ``avg``, ``m2`` (sum of squared deviations) and ``sketch`` are of the finite numbers,
``distinct_sketch`` (DataSketches HLL) and ``frequent_items`` (the commonest texts with their counts, exact as long as
there are no more levels than are tracked) of the texts. ``sketch`` is a DataSketches KLL of doubles, or, in a reference
made of a feature store's percentiles or histogram, a :class:`sparkmon.distributions.QuantileTable`.
``vector`` is of the column ``:joint`` alone: the mean of what a :class:`sparkmon.distributions.Projection` made of
whole rows, whose errors are its numbers.
"""

_KEY: list[pa.Field[Any]] = [
    pa.field("model", pa.string(), nullable=False),
    pa.field("model_version", pa.string(), nullable=False),
]
_COLUMN: list[pa.Field[Any]] = [
    pa.field("column_name", pa.string(), nullable=False),
    pa.field("column_kind", pa.string(), nullable=False),
]

_PROFILES_FIELDS: list[pa.Field[Any]] = [
    *_KEY,
    pa.field("window_start", _TIME),
    pa.field("window_end", _TIME),
    pa.field("slice_key", pa.string()),
    pa.field("slice_value", pa.string()),
    *_COLUMN,
    pa.field("profile", PROFILE, nullable=False),
]
PROFILES = pa.schema(_PROFILES_FIELDS)
"""One row per model, window, slice and column. ``column_kind`` is ``feature``, ``prediction`` or ``row_flag``,
``joint`` of the column ``:joint``, in which a row stands for all its numeric features together, and ``event`` of the
column ``:events``: the events of all versions, 1 for a dead letter and 0 for one that has rows.
``slice_key`` and ``slice_value`` are null for the whole table."""

PANES = pa.schema([*_PROFILES_FIELDS, pa.field("last_event_time", _TIME)])
"""The summaries of panes, which tile time: mergeable parts of windows, several per key where several were written.
``window_start`` and ``window_end`` are the pane's, ``last_event_time`` is the greatest event time of its rows."""

_REFERENCES_FIELDS: list[pa.Field[Any]] = [
    *_KEY,
    pa.field("reference", pa.string(), nullable=False),
    pa.field("slice_key", pa.string()),
    pa.field("slice_value", pa.string()),
    *_COLUMN,
    pa.field("data_type", pa.string(), nullable=False),
    pa.field("column_index", pa.int32(), nullable=False),
    pa.field("block_start", _TIME),
    pa.field("block_end", _TIME),
    pa.field("created_time", _TIME, nullable=False),
    pa.field("profile", PROFILE, nullable=False),
    pa.field("projection", pa.binary()),
    pa.field("detectors", pa.binary()),
]
REFERENCES = pa.schema(_REFERENCES_FIELDS)
"""One row per model, reference, slice and column, and, where the reference has times, one more for each of its blocks
(``block_start`` not null). ``column_index`` is the column's place in the model's payloads. ``projection`` is that of
the column ``:joint``, as :meth:`sparkmon.distributions.Projection.to_bytes` writes it, ``detectors`` those of the row
flag ``:outlier``, as :meth:`sparkmon.detectors.OutlierModel.to_bytes` does."""


def with_values(table: pa.Table, name: str, values: Any) -> pa.Table:  # noqa: ANN401 - an Arrow array
    """Return a table with other values in one of its columns."""
    place = table.schema.get_field_index(name)
    field = table.schema.field(place)
    return table.set_column(place, field, values.cast(field.type))


def as_references(table: pa.Table) -> pa.Table:
    """Give a stored table the columns of ``REFERENCES`` that are newer than it; ProfileError if others are missing.

    >>> old = REFERENCES.empty_table().drop_columns(["slice_key", "slice_value"])
    >>> as_references(old).schema == REFERENCES
    True
    """
    missing = {field.name for field in REFERENCES if not field.nullable} - {*table.schema.names}
    if missing or {*table.schema.names} - {*REFERENCES.names}:
        raise ProfileError(
            f"got a reference with the columns {', '.join(table.schema.names)}; expected {', '.join(REFERENCES.names)}"
        )
    columns: dict[str, Any] = {}
    for field in REFERENCES:
        if field.name not in table.schema.names:
            columns[field.name] = pa.nulls(table.num_rows, field.type)
        else:
            columns[field.name] = completed(table[field.name].combine_chunks(), field.type)
    return pa.table(columns).cast(REFERENCES)


def completed(column: Any, expected: pa.DataType) -> Any:  # noqa: ANN401 - arrays of any type
    """Give a stored column its type of today; fields of a struct that it lacks are null."""
    if not pa.types.is_struct(expected) or not pa.types.is_struct(column.type):
        return column.cast(expected)
    names = {field.name for field in column.type}
    fields = [
        completed(pc.struct_field(column, field.name), field.type)
        if field.name in names
        else pa.nulls(len(column), field.type)
        for field in expected
    ]
    return pa.StructArray.from_arrays(fields, fields=list(expected), mask=column.is_null())

"""Summaries as a flat Arrow table: the form in which panes are pooled and merged."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.schema import PANES, PROFILE, PROFILE_KEY

COUNTS = ("count", "num_nulls", "num_nan", "num_inf", "num_numbers", "num_texts")
ITEMS = PROFILE.field("frequent_items").type

_WIDER = {"sketch": pa.large_binary(), "vector": pa.list_(pa.float64())}
_FIELDS: list[pa.Field[Any]] = [
    *(PANES.field(name) for name in (*PROFILE_KEY, "last_event_time")),
    *(pa.field(field.name, _WIDER.get(field.name, field.type)) for field in PROFILE),
    pa.field("values", pa.large_list(pa.float64())),
]
PARTS = pa.schema(_FIELDS)
"""The columns of ``PANES`` with the fields of the profile beside the others, and ``values``: finite numbers that are in
no sketch yet. Where ``distinct_sketch`` is null, ``frequent_items`` has all levels."""


def flattened(panes: pa.Table) -> pa.Table:
    """Return ``PANES`` as ``PARTS``."""
    profiles: Any = panes["profile"].combine_chunks()
    columns: dict[str, Any] = {name: panes[name] for name in panes.schema.names}
    for field in PROFILE:
        column = pc.struct_field(profiles, field.name)
        columns[field.name] = column.cast(PARTS.field(field.name).type)
    columns["values"] = pa.nulls(panes.num_rows, PARTS.field("values").type)
    return pa.table(columns).select(PARTS.names).cast(PARTS)


def nested(parts: pa.Table) -> pa.Table:
    """Return ``PARTS`` without values as ``PANES``."""
    fields: Any = [parts[field.name].combine_chunks().cast(field.type) for field in PROFILE]
    columns: dict[str, Any] = {name: parts[name] for name in PANES.names if name != "profile"}
    columns["profile"] = pa.StructArray.from_arrays(fields, fields=list(PROFILE))
    return pa.table(columns).select(PANES.names).cast(PANES)

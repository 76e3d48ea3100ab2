"""The tables that are a monitor's state, as Arrow schemas: panes, event digests, closed windows and leases."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from sparkmon.distributions import schema

_TIME = pa.timestamp("us", tz="UTC")
_BATCH: list[pa.Field[Any]] = [
    pa.field("query_id", pa.string(), nullable=False),
    pa.field("batch_id", pa.int64(), nullable=False),
]

PANES = pa.schema([*schema.PANES, *_BATCH])
"""The table ``panes``: the partial profiles of each batch. Rows with the ``column_kind`` ``clock`` have no values: they
count events without rows, such as health checks, which move the clock of their model."""

_DIGESTS: list[pa.Field[Any]] = [
    *_BATCH,
    pa.field("last_event_time", _TIME, nullable=False),
    pa.field("digests", pa.binary()),
    pa.field("redelivered_events", pa.int64()),
    pa.field("dead_letters", pa.map_(pa.string(), pa.int64())),
    pa.field("skipped_rows", pa.map_(pa.string(), pa.int64())),
    pa.field("holders", pa.map_(pa.string(), pa.string())),
    pa.field("namespaces", pa.map_(pa.string(), pa.list_(pa.string()))),
]
EVENT_DIGESTS = pa.schema(_DIGESTS)
"""One row per batch: the digests of its events, 8 bytes each, by which a redelivered event is recognised, and what the
batch adds to the metrics."""

_CLOSED: list[pa.Field[Any]] = [
    *_BATCH,
    pa.field("model", pa.string(), nullable=False),
    pa.field("window_start", _TIME, nullable=False),
    pa.field("window_end", _TIME, nullable=False),
    pa.field("requests", pa.int64(), nullable=False),
    pa.field("responses", pa.int64(), nullable=False),
    pa.field("closed_time", _TIME, nullable=False),
]
CLOSED_WINDOWS = pa.schema(_CLOSED)
"""One row per model and closed window, written when everything else of that window is. ``batch_id`` is the last batch
whose panes are in the window: those of later batches came too late."""

_LEASES: list[pa.Field[Any]] = [
    pa.field("query_id", pa.string(), nullable=False),
    pa.field("model", pa.string(), nullable=False),
    pa.field("window_s", pa.float64(), nullable=False),
    pa.field("checkpoint", pa.string(), nullable=False),
    pa.field("former_query_ids", pa.list_(pa.string()), nullable=False),
    pa.field("acquired_time", _TIME, nullable=False),
]
MONITORS = pa.schema(_LEASES)
"""Leases: which query writes the windows of a model. ``former_query_ids`` are the queries that it was taken over from,
whose panes of open windows it uses."""

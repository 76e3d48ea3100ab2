"""Events to an Arrow batch."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from sparkmon.protocol.schema import EVENTS
from sparkmon.records import Event


def events_to_batch(events: Sequence[Event]) -> pa.RecordBatch:
    """Put events into one batch of the schema ``EVENTS``, in their order.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> time = datetime(2026, 11, 23, tzinfo=timezone.utc)
    >>> events_to_batch([Event("1", "request", "pod", time, b"{}")]).column("payload").to_pylist()
    [b'{}']
    """
    columns: dict[str, list[object]] = {
        name: [getattr(event, name) for event in events]
        for name in EVENTS.names
        if name not in ("condition", "reason", "metadata", "annotations")
    }
    dead_letters = [event.dead_letter for event in events]
    columns["condition"] = [each and each.condition for each in dead_letters]
    columns["reason"] = [each and each.reason for each in dead_letters]
    columns["metadata"] = [list(event.metadata.items()) for event in events]
    columns["annotations"] = [list(event.annotations.items()) for event in events]
    arrays = [pa.array(columns[field.name], field.type) for field in EVENTS]
    return pa.RecordBatch.from_arrays(arrays, schema=EVENTS)

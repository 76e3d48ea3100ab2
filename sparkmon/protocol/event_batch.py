"""Events to an Arrow batch; those of a batch that claim to come from the future."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.protocol.attributes import time_ahead
from sparkmon.protocol.limits import DEFAULT_LIMITS
from sparkmon.protocol.schema import EVENTS
from sparkmon.records import Event


def events_to_batch(events: Sequence[Event]) -> pa.RecordBatch:
    """Put events into one batch of the schema ``EVENTS``, in their order."""
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


def without_ahead(
    events: pa.RecordBatch, ahead_s: float = DEFAULT_LIMITS.ahead_s, clock: Callable[[], float] = time.time
) -> pa.RecordBatch:
    """Make dead letters (``TIME_AHEAD``) of the events of a time well after the clock of who reads them.

    Such an event gets the clock's time, and so does a dead letter that has none. A log that is read again is in the
    past, so its events are left as they are. Take :func:`event_digests` before: the clock is another each time.
    """
    if ahead_s == math.inf:
        return events
    now_us = round(clock() * 1e6)
    times = events.column("event_time").cast(pa.int64()).to_numpy()
    is_ahead = times > now_us + ahead_s * 1e6
    is_sound = events.column("condition").is_null().to_numpy(zero_copy_only=False)
    is_moved = is_ahead | (~is_sound & (times == 0))
    if not is_moved.any():
        return events
    reasons: list[str | None] = [None] * len(times)
    for at in np.flatnonzero(is_ahead).tolist():
        event_time = f"{times[at].astype('datetime64[us]')}+00:00"
        reasons[at] = time_ahead(event_time, (times[at] - now_us) / 1e6, ahead_s).reason
    is_new: Any = pa.array(is_ahead & is_sound)
    time_type: Any = EVENTS.field("event_time").type
    columns: dict[str, Any] = {
        "event_time": pa.array(np.where(is_moved, now_us, times)).cast(time_type),
        "condition": pc.if_else(is_new, pa.scalar("TIME_AHEAD"), events.column("condition")),
        "reason": pc.if_else(is_new, pa.array(reasons, pa.string()), events.column("reason")),
    }
    for name, column in columns.items():
        events = events.set_column(events.schema.get_field_index(name), EVENTS.field(name), column)
    return events

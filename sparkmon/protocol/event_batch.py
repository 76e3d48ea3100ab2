"""Events to an Arrow batch; what identifies those of a batch; and those that claim to come from the future."""

import math
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
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


_TEXTS = ("event_id", "event_type", "source", "namespace", "model", "component")


def event_digests(events: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """Digest the identity of events: of two deliveries of one event it is the same.

    A redelivery has the same id, type, source, namespace, model, component and time. The id alone is not enough: KServe
    adopts whatever ``ce-id`` a client sends, and clients repeat theirs. Of the digests, 64 bits of BLAKE2b, two among
    10 million that differ are the same with probability 3e-6.
    """
    # The lengths come first, so that no text can pass for a part of the next.
    head = np.empty((events.num_rows, len(_TEXTS) + 1), "<i8")
    texts: list[Any] = [events.column(name).cast(pa.binary()) for name in _TEXTS]
    for at, column in enumerate(texts):
        head[:, at] = pc.binary_length(column).fill_null(-1).to_numpy()
    head[:, -1] = events.column("event_time").cast(pa.int64()).to_numpy()
    buffers = [None, pa.py_buffer(head.tobytes())]
    heads: Any = pa.Array.from_buffers(pa.binary(8 * head.shape[1]), events.num_rows, buffers)
    join: Any = pc.binary_join_element_wise
    framed = join(heads.cast(pa.binary()), *texts, pa.scalar(b"", pa.binary()), null_handling="replace")
    digests = [blake2b(each, digest_size=8).digest() for each in framed.to_pylist()]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)

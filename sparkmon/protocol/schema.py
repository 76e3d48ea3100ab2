"""Events and decoded rows as Arrow schemas: the form in which batches of them travel.

``sparkmon.schemas`` derives Spark's types from these, so that each column is said once.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

_TIME = pa.timestamp("us", tz="UTC")


def _texts(*names: str) -> list[pa.Field[Any]]:
    return [pa.field(name, pa.string(), nullable=False) for name in names]


_EVENTS_FIELDS: list[pa.Field[Any]] = [
    *_texts("event_id", "event_type", "source"),
    pa.field("event_time", _TIME, nullable=False),
    pa.field("recorded_time", _TIME),
    *_texts("model", "namespace", "component", "endpoint"),
    pa.field("content_type", pa.string()),
    pa.field("status_code", pa.int32()),
    pa.field("metadata", pa.map_(pa.string(), pa.list_(pa.string())), nullable=False),
    pa.field("annotations", pa.map_(pa.string(), pa.string()), nullable=False),
    pa.field("request_time", _TIME),
    pa.field("request_payload", pa.binary()),
    pa.field("condition", pa.string()),
    pa.field("reason", pa.string()),
    pa.field("payload", pa.binary(), nullable=False),
]
EVENTS = pa.schema(_EVENTS_FIELDS)
"""One row per CloudEvent, the fields of :class:`sparkmon.records.Event`; ``condition`` and ``reason`` are those of its
dead letter."""

VALUES = pa.map_(pa.string(), pa.struct([pa.field("number", pa.float64()), pa.field("text", pa.string())]))
"""Column name to value. A number or truth value (1, 0) stands in ``number``, a string in ``text``, a null in neither.
An integer that a double cannot hold exactly stands in ``text``, digit for digit: it is an identifier, not a measure."""

_DECODED_FIELDS: list[pa.Field[Any]] = [
    *_texts("model", "model_version", "namespace", "component", "endpoint", "event_id", "event_type", "source"),
    *(EVENTS.field(name) for name in ("event_time", "recorded_time", "request_time")),
    *_texts("request_id"),
    EVENTS.field("status_code"),
    *_texts("kind"),
    pa.field("instance", pa.int32(), nullable=False),
    *(pa.field(name, VALUES) for name in ("features", "predictions", "entities", "row_flags")),
    *(EVENTS.field(name).with_nullable(True) for name in ("condition", "reason", "payload")),
]
DECODED = pa.schema(_DECODED_FIELDS)
"""What decoding makes of events: one row per instance, and one for each event without instances (``instance`` -1:
health checks, dead letters and the like), so that every event is accounted for and every event moves the clock.

``request_id`` links the hops of one call: the ``X-Request-Id`` header, else the body's id, else the event's.
``entities`` and ``row_flags`` are those of requests that sparkmon's transformer made: the entity ids, and per feature
group ``<group>.missing`` and ``<group>.stale`` (1 or 0) and ``<group>.age_s`` (seconds). ``payload`` is kept for
dead letters only. A response that carries its request's payload has both value columns.
"""

ROWS = DECODED.append(pa.field("client", pa.string()))
"""The table ``rows``: decoded rows, and whose each is for the models in ``adversaries``."""

_DEAD_LETTER = ("model", "namespace", "component", "event_id", "event_type", "source", "event_time")
DEAD_LETTERS = pa.schema([DECODED.field(name) for name in (*_DEAD_LETTER, "condition", "reason", "payload")])
"""Events that could not be decoded, with their bytes and the reason."""

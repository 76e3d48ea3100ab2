"""Events decoded one by one, and a batch to one batch of rows: what tests look at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from sparkmon.protocol import DECODED, DEFAULT_LIMITS, Limits, decode_events
from sparkmon.protocol.body import Rows
from sparkmon.protocol.read_body import HEAD_LENGTH, read_body
from sparkmon.records import DeadLetter, Event, ModelSchema, Value

__all__ = ["Decoded", "decode", "decode_batch"]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The decoded body of one event.

    ``rows`` (of a request) and ``predictions`` (of a response) are row-major: one sequence per instance, one value
    per name. ``names`` are the column names of whichever is filled; a payload without names gets generated ones
    (``feature_0`` ..., ``prediction`` or ``prediction_0`` ...) and ``named`` is False, so that a model's schema
    may replace them.
    """

    kind: str
    """``v1_request``, ``v1_response``, ``v1_explanation``, ``v2_request``, ``v2_response``, or what is set apart:
    ``grpc``, ``openai``, ``sse``, ``health``, ``metadata``, ``error``, ``empty``, ``dead_letter``."""
    names: tuple[str, ...] = ()
    named: bool = False
    rows: Sequence[Sequence[Value]] = ()
    predictions: Sequence[Sequence[Value]] = ()
    model_version: str | None = None
    body_id: str | None = None
    dead_letter: DeadLetter | None = None
    entities: Sequence[Mapping[str, Value]] = ()
    """Of a request that sparkmon's transformer enriched: each instance's entity ids, by name."""
    row_flags: Sequence[Mapping[str, Value]] = ()
    """Of such a request, per instance: ``<group>.missing`` and ``<group>.stale`` (1 or 0) and ``<group>.age_s``."""


def decode(event: Event, limits: Limits = DEFAULT_LIMITS, *, has_notes: bool = False) -> Decoded:
    """Decode the body of one event; never raises for what the event holds."""
    if event.dead_letter is not None:
        return Decoded("dead_letter", dead_letter=event.dead_letter)
    head_length = next((each[0] for name, each in event.metadata.items() if each and name.lower() == HEAD_LENGTH), None)
    body = read_body(
        event.payload,
        event.event_type,
        content_type=event.content_type,
        head_length=head_length,
        status_code=event.status_code,
        limits=limits,
        has_notes=has_notes,
    )
    rows = _by_row(body.rows)
    return Decoded(
        body.kind,
        body.rows.names,
        body.rows.named,
        rows=rows if event.event_type == "request" else (),
        predictions=rows if event.event_type == "response" else (),
        model_version=body.versions[0] if body.versions else None,
        body_id=body.ids[0] if body.ids else None,
        dead_letter=body.dead_letter,
        entities=_by_name(body.entities),
        row_flags=_by_name(body.row_flags),
    )


def _by_row(rows: Rows) -> list[Sequence[Value]]:
    width, values = len(rows.names), rows.listed()
    return [values[i * width : (i + 1) * width] for i in range(rows.count)]


def _by_name(rows: Rows) -> list[dict[str, Value]]:
    return [dict(zip(rows.names, row, strict=True)) for row in _by_row(rows)]


def decode_batch(
    events: pa.RecordBatch,
    schemas: Mapping[str, ModelSchema] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    models_with_notes: Collection[str] = (),
) -> pa.RecordBatch:
    """Decode a batch of events into one batch of rows of the schema ``DECODED``, in the order of the events."""
    parts = decode_events(events, schemas, limits, models_with_notes)
    table = pa.Table.from_batches([each.rows() for each in parts], DECODED)
    no_rows = pa.RecordBatch.from_pylist([], schema=DECODED)
    return next(iter(table.combine_chunks().to_batches()), no_rows)

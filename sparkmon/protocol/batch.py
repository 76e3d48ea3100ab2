"""Batches of events to batches of decoded rows: the hot path of every stream."""

from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa

from sparkmon.protocol.batch_reader import BatchReader
from sparkmon.protocol.decoded_events import DecodedEvents
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.schema import DECODED, EVENTS
from sparkmon.records import ModelSchema


def decode_batch(
    events: pa.RecordBatch,
    schemas: Mapping[str, ModelSchema] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    models_with_notes: Collection[str] = (),
) -> pa.RecordBatch:
    """Decode a batch of events into one batch of rows of the schema ``DECODED``, in the order of the events.

    Convenient where the events are few. Parameters as for :func:`decode_events`.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> from sparkmon.protocol.event_batch import events_to_batch
    >>> from sparkmon.records import Event
    >>> time = datetime(2026, 11, 23, tzinfo=timezone.utc)
    >>> events = events_to_batch([Event("1", "response", "pod", time, b'{"predictions": [0, 1]}')])
    >>> decode_batch(events).select(["instance", "predictions"]).to_pylist()[1]
    {'instance': 1, 'predictions': [('prediction', {'number': 1.0, 'text': None})]}
    """
    batches = decode_batches(events, schemas, limits, models_with_notes)
    table = pa.Table.from_batches(batches, DECODED)
    no_rows = pa.RecordBatch.from_pylist([], schema=DECODED)
    return next(iter(table.combine_chunks().to_batches()), no_rows)


def decode_batches(
    events: pa.RecordBatch,
    schemas: Mapping[str, ModelSchema] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    models_with_notes: Collection[str] = (),
) -> Iterator[pa.RecordBatch]:
    """Decode a batch of events into a batch of rows for each of :func:`decode_events`."""
    parts = decode_events(events, schemas, limits, models_with_notes)
    return (decoded.rows() for decoded in parts)


def decode_events(
    events: pa.RecordBatch,
    schemas: Mapping[str, ModelSchema] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    models_with_notes: Collection[str] = (),
) -> Iterator[DecodedEvents]:
    """Decode a batch of events into row blocks, in as many parts as bounded memory asks for.

    A few kilobytes of gzip may open to millions of values, so the size of ``events`` does not bound that of the rows: a
    part is handed out whenever its rows would take some 256 MiB.

    Parameters
    ----------
    events : pyarrow.RecordBatch
        Of the schema ``EVENTS``.
    schemas : mapping, optional
        Model name to its schema. It names the columns of payloads without names and types the ambiguous ones.
    limits : Limits
        The bounds of one event.
    models_with_notes : collection of str
        The models whose requests sparkmon's transformer makes. Only there the parameter ``sparkmon`` is trusted, and
        not in the transformer's own log: elsewhere it is what a client says.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> from sparkmon.protocol.event_batch import events_to_batch
    >>> from sparkmon.records import Event
    >>> time = datetime(2026, 11, 23, tzinfo=timezone.utc)
    >>> events = events_to_batch([Event("1", "response", "pod", time, b'{"predictions": [0, 1]}')])
    >>> [block] = next(decode_events(events)).blocks
    >>> block.predictions.names, block.predictions.numbers.tolist()
    (('prediction',), [[0.0], [1.0]])
    """
    events = events.select(EVENTS.names)
    if events.schema.types != EVENTS.types:
        events = events.cast(EVENTS)
    yield from BatchReader(events, schemas or {}, limits, models_with_notes).steps()

"""Bytes to meaning: CloudEvents, the V1 and V2 inference protocols, and what cannot be read.

The ``from_*`` functions make events of what arrives; :func:`decode_events` reads Arrow batches of them. Neither raises
for bad data: what cannot be read becomes a dead letter that keeps its bytes and carries one of these conditions.

Of the event (``from_*``):

- ``NOT_A_CLOUDEVENT``: neither ``ce-`` attributes nor a structured CloudEvent's content type.
- ``EVENT_NOT_JSON``: a structured CloudEvent that is no JSON object.
- ``EVENT_FIELD_MISSING``: no id, type, source or time.
- ``EVENT_TIME_MALFORMED``: a time that is no RFC 3339 timestamp from 1970 on; in Hopsworks' log, no number of seconds
  or milliseconds since then.
- ``TIME_AHEAD``: a time well after the event was received (``Limits.ahead_s``), or after the clock of the monitor that
  reads it; it would make all others late.
- ``EVENT_TOO_LARGE``, ``HEADERS_TOO_LARGE``: beyond :class:`Limits`.
- ``HEADER_NOT_UTF8``: an attribute whose bytes are not UTF-8.
- ``METADATA_MALFORMED``, ``ANNOTATIONS_MALFORMED``: no JSON object of strings.
- ``STATUS_CODE_MALFORMED``: no number of three digits.
- ``DATA_BASE64_BROKEN``: a body in base64 that is damaged.
- ``OBJECT_MALFORMED``, ``OBJECT_TOO_LARGE``: a stored object that is not what its name says, or beyond :class:`Limits`.
- ``AVRO_MALFORMED``: a record that is no inference log of Hopsworks, or not of the version that was named.
- ``AVRO_AMBIGUOUS``: such a record whose version cannot be recognised.

Of a batch of events, which is then refused as a whole (``from_structured_batch``):

- ``BATCH_NOT_JSON``: no JSON array.
- ``BATCH_TOO_LONG``: beyond :class:`Limits`.

Of the body (``decode_events``):

- ``UNKNOWN_EVENT_TYPE``: neither KServe's request nor its response.
- ``BODY_TOO_LARGE``, ``TOO_MANY_ROWS``, ``TOO_MANY_COLUMNS``, ``TOO_MANY_VALUES``, ``VALUE_TOO_LONG``,
  ``VALUE_TOO_DEEP``: beyond :class:`Limits`, or nested beyond 32 levels.
- ``BODY_GZIP_BROKEN``: a gzip body that is cut short or damaged.
- ``BODY_NOT_JSON``: text or bytes, not UTF-8, something after the end. ``NaN`` and ``Infinity`` are numbers.
- ``BODY_NOT_CSV``: a body that is called CSV, and has a quote that does not end, or is not UTF-8.
- ``BODY_UNKNOWN``: JSON of no protocol: neither features nor predictions, nor what is set apart.
- ``INSTANCES_MALFORMED``: instances that are no list, or of several forms.
- ``INSTANCE_MALFORMED``: an object inside a list of values.
- ``ROWS_RAGGED``: rows, columns or nested lists of different lengths.
- ``NAMES_COLLIDE``: two values under one column name.
- ``HEAD_LENGTH_WRONG``: a request whose ``Inference-Header-Content-Length`` does not end its JSON.
- ``TENSOR_MALFORMED``: a tensor without name, datatype or shape.
- ``TENSOR_SHAPE``: a shape that is no list of sizes, or does not fit the data.
- ``TENSOR_ROWS_DIFFER``: tensors of different first dimensions.
- ``TENSOR_DATA``: values that are not of the tensor's datatype.
- ``DATATYPE_UNKNOWN``: a datatype the protocol does not have.
- ``BINARY_SIZE_MISMATCH``: raw tensors that are longer or shorter than they claim.
- ``ROW_LENGTH_MISMATCH``: rows without names that have another length than the model's schema.
- ``DECODER_FAILED``: a fault of the decoder itself; please report it.
"""

from sparkmon.protocol.batch_reader import decode_events as decode_events
from sparkmon.protocol.canonical import (
    LEVEL_KINDS as LEVEL_KINDS,
    ZEROS as ZEROS,
    level_of as level_of,
    levels_of as levels_of,
    times_of as times_of,
)
from sparkmon.protocol.cells import join_columns as join_columns
from sparkmon.protocol.cloudevents import (
    from_http as from_http,
    from_kafka as from_kafka,
    from_structured as from_structured,
)
from sparkmon.protocol.decoded_events import DecodedEvents as DecodedEvents
from sparkmon.protocol.event_batch import (
    event_digests as event_digests,
    events_to_batch as events_to_batch,
    without_ahead as without_ahead,
)
from sparkmon.protocol.event_columns import look_up as look_up
from sparkmon.protocol.hopsworks_avro import from_hopsworks_avro as from_hopsworks_avro
from sparkmon.protocol.limits import DEFAULT_LIMITS as DEFAULT_LIMITS, Limits as Limits
from sparkmon.protocol.own_requests import OWN_CLIENT as OWN_CLIENT, own_id as own_id, without_own as without_own
from sparkmon.protocol.read_body import read_body as read_body
from sparkmon.protocol.row_block import Cells as Cells, RowBlock as RowBlock
from sparkmon.protocol.schema import (
    DEAD_LETTERS as DEAD_LETTERS,
    DECODED as DECODED,
    EVENTS as EVENTS,
    ROWS as ROWS,
    VALUES as VALUES,
)
from sparkmon.protocol.shared_blocks import blocks_of_rows as blocks_of_rows
from sparkmon.protocol.store_objects import from_object as from_object
from sparkmon.protocol.structured_batch import from_structured_batch as from_structured_batch

"""The objects that KServe's logger writes to S3, GCS or Azure instead of posting events.

One object holds one record (JSON object) or many, requests and responses mixed (JSON array, CSV, Parquet). CSV and
Parquet have no time at all: there the object's own modification time is the event time.
"""

import base64
import io
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from sparkmon.errors import ProtocolError
from sparkmon.protocol.attributes import event_of, set_aside
from sparkmon.protocol.body import check_items, check_size
from sparkmon.protocol.jsontext import loads
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import as_dead_letter, protocol_error
from sparkmon.records import DeadLetter, Event

# A record's member -> the CloudEvents attribute that says the same.
_ATTRIBUTE_OF = {
    "annotations": "annotations",
    "component": "component",
    "endpoint": "endpoint",
    "id": "id",
    "inferenceService": "inferenceservicename",
    "metadata": "metadata",
    "namespace": "namespace",
    "occurrenceTime": "time",
    "reqType": "type",
}
_COLUMNS = [*sorted(_ATTRIBUTE_OF), "bytes", "contentType", "sourceUri"]


def from_object(data: bytes, name: str, modified_time: datetime, *, limits: Limits = DEFAULT_LIMITS) -> list[Event]:
    """Read all events of one stored object; never raises for what it holds.

    ``name`` is its key or path: the suffix ``.json``, ``.csv`` or ``.parquet`` gives its format, otherwise its first
    bytes do. ``modified_time``, timezone-aware, is when it was written: the event time of records without
    ``occurrenceTime``, the ``recorded_time`` of those that have one (since KServe 0.18). ``limits`` bound one event;
    their ``decompressed_bytes`` bounds the object, too. An object or a record that cannot be read is one dead letter.

    >>> from datetime import timezone
    >>> data = b'{"id": "1", "reqType": "org.kubeflow.serving.inference.request", "bytes": "e30=", "sourceUri": "pod"}'
    >>> [event] = from_object(data, "1-request.json", datetime(2026, 11, 23, tzinfo=timezone.utc))
    >>> event.event_type, event.payload, event.source
    ('request', b'{}', 'pod')
    """
    form = _format(data, name)
    try:
        if len(data) > limits.decompressed_bytes:
            raise protocol_error("OBJECT_TOO_LARGE", f"got an object of {len(data)} bytes")
        records = list(_READERS[form](data, limits))
    except ProtocolError as error:
        return [set_aside(data, error, modified_time)]
    except (pa.ArrowException, ValueError, OSError) as error:
        reason = f"the object is not {_NAMES[form]} ({error!s:.120})"
        return [set_aside(data, protocol_error("OBJECT_MALFORMED", reason), modified_time)]
    return [_event(record, modified_time, limits) for record in records]


def _format(data: bytes, name: str) -> str:
    suffix = name.rpartition(".")[2].lower()
    if suffix in _READERS:
        return suffix
    if data[:4] == b"PAR1":
        return "parquet"
    return "json" if data.lstrip()[:1] in (b"{", b"[") else "csv"


def _check_records(rows: int, size: int, limits: Limits) -> None:
    if rows > limits.rows or size > limits.decompressed_bytes:
        raise protocol_error("OBJECT_TOO_LARGE", f"got {rows} records of {size} bytes or more")


def _read_json(data: bytes, limits: Limits) -> Iterator[Any]:
    check_items(data, limits)
    try:
        read = loads(data)
    except ProtocolError as error:
        raise protocol_error("OBJECT_MALFORMED", f"the object is not JSON: {error}") from None
    records = read if type(read) is list else [read]
    _check_records(len(records), len(data), limits)
    yield from records


def _read_csv(data: bytes, limits: Limits) -> Iterator[Any]:
    table = pacsv.read_csv(
        io.BytesIO(data),
        read_options=pacsv.ReadOptions(block_size=max(len(data), 1), use_threads=False),
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(_COLUMNS, pa.string()),
            include_columns=_COLUMNS,
            include_missing_columns=True,
            strings_can_be_null=False,
        ),
    )
    yield from _records(table.to_batches(), limits)


def _read_parquet(data: bytes, limits: Limits) -> Iterator[Any]:
    with pq.ParquetFile(io.BytesIO(data)) as file:
        about = file.metadata
        size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
        _check_records(about.num_rows, size, limits)
        present = [name for name in file.schema_arrow.names if name in _COLUMNS]
        batches = file.iter_batches(batch_size=1024, columns=present, use_threads=False)
        yield from _records(batches, limits)


def _records(batches: Any, limits: Limits) -> Iterator[Any]:  # noqa: ANN401 - list or iterator of batches
    rows = size = 0
    for batch in batches:
        rows += batch.num_rows
        size += batch.nbytes
        _check_records(rows, size, limits)
        yield from batch.to_pylist()


_READERS = {"csv": _read_csv, "json": _read_json, "parquet": _read_parquet}
_NAMES = {"csv": "CSV", "json": "JSON", "parquet": "Parquet"}


def _event(record: object, modified_time: datetime, limits: Limits) -> Event:
    if not isinstance(record, Mapping):
        error = protocol_error("OBJECT_MALFORMED", f"got a record that is {type(record).__name__}")
        return set_aside(json.dumps(record).encode(), error, modified_time)
    attributes: dict[str, Any] = {
        attribute: record[member] for member, attribute in _ATTRIBUTE_OF.items() if record.get(member) not in (None, "")
    }
    attributes["source"] = _source(record.get("sourceUri"))
    if "time" in attributes:
        attributes["recordedtime"] = modified_time.isoformat()
    dead_letter: DeadLetter | None = None
    encoded = record.get("bytes") or ""
    try:
        payload = base64.b64decode(encoded, validate=True)
        check_size(payload, limits)
    except ProtocolError as error:
        dead_letter = as_dead_letter(error)
    except (ValueError, TypeError) as error:
        payload = str(encoded).encode("utf-8", "replace")
        dead_letter = DeadLetter("DATA_BASE64_BROKEN", f"the record's bytes are damaged ({error!s:.80})")
    return event_of(
        attributes,
        payload,
        content_type=record.get("contentType") or None,
        received_time=modified_time,
        limits=limits,
        dead_letter=dead_letter,
    )


def _source(uri: object) -> str:
    """Write Go's URL structure as the text it was parsed from; CSV and Parquet have the text."""
    if type(uri) is str:
        return uri
    if type(uri) is not dict:
        return ""
    part = {name: value for name, value in uri.items() if type(value) is str}
    scheme, host, query = part.get("Scheme"), part.get("Host"), part.get("RawQuery")
    text = f"{scheme}:" if scheme else ""
    text += f"//{host}" if host else ""
    text += part.get("Opaque") or part.get("Path") or ""
    return f"{text}?{query}" if query else text

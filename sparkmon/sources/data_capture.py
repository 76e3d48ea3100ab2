"""The calls of a SageMaker endpoint that data capture writes as JSON lines, as events."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, functions as F

from sparkmon.errors import OptionError, ProtocolError
from sparkmon.option_types import Location
from sparkmon.protocol import events_to_batch
from sparkmon.protocol.attributes import parse_time, set_aside
from sparkmon.protocol.jsontext import loads
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import DeadLetter, Event
from sparkmon.schemas import EVENTS
from sparkmon.sources.event_source import EventSource, register_source

_PLACE = r"([^/]+)/([^/]+)/\d{4}/\d{2}/\d{2}/\d{2}/[^/]+$"
"""Where SageMaker puts a file: the endpoint, the variant, the hour."""
_HALVES = {"endpointInput": "request", "endpointOutput": "response"}
_CONTENT_TYPES = {"CSV": "text/csv", "JSON": "application/json"}


def data_capture_events(lines: DataFrame, model: str | None = None) -> DataFrame:
    """Turn the lines of SageMaker's data capture into events.

    Parameters
    ----------
    lines : DataFrame
        The files as text, streaming or not: ``spark.read.option("recursiveFileLookup", "true").text(...)``. A line is a
        call: its input and its output, whichever are captured, as CSV, JSON or base64.
    model : str, optional
        The model of all lines; else the endpoint, by the files' place: ``ENDPOINT/VARIANT/yyyy/mm/dd/hh/NAME.jsonl``.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.EVENTS``: a request and a response of each line, of the id ``eventId`` and the time
        ``inferenceTime``. The variant is the ``endpoint``; ``inferenceId``, by which labels are joined, is in the
        metadata as ``X-Request-Id``, and ``customAttributes`` as ``X-Amzn-SageMaker-Custom-Attributes``.

    Raises
    ------
    OptionError
        ``lines`` are not files of text.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp(), "churn", "AllTraffic", "2026", "01", "05", "08")
    >>> folder.mkdir(parents=True)
    >>> line = '{"captureData": {"endpointInput": {"data": "69,0", "encoding": "CSV"}}, '
    >>> line += '"eventMetadata": {"eventId": "e1", "inferenceTime": "2026-01-05T08:25:49Z"}}'
    >>> folder.joinpath("25-49.jsonl").write_text(line) and None
    >>> events = data_capture_events(spark.read.text(str(folder)))
    >>> events.select("event_id", "event_type", "model", "endpoint", "content_type").collect()
    [Row(event_id='e1', event_type='request', model='churn', endpoint='AllTraffic', content_type='text/csv')]
    """
    if lines.columns != ["value"]:
        raise OptionError(f"got a table of {', '.join(lines.columns)}; expected the files of data capture as text")
    path = F.col("_metadata.file_path")
    places = [F.regexp_extract(path, _PLACE, group).alias(name) for group, name in ((1, "endpoint"), (2, "variant"))]

    def convert(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield events_to_batch(
                [
                    event
                    for row in batch.to_pylist()
                    for event in _events(row["value"], model or unquote(row["endpoint"]), unquote(row["variant"]))
                ]
            )

    return lines.select("value", *places).where("value != ''").mapInArrow(convert, EVENTS)


def _events(line: str, model: str, variant: str) -> Iterator[Event]:
    """Make the events of a line; what cannot be read is one dead letter."""
    payload = line.encode()
    try:
        record = loads(payload)
        captured, about = (_object(record, name) for name in ("captureData", "eventMetadata"))
        call_id, time = (about.get(name) for name in ("eventId", "inferenceTime"))
        event_time = parse_time(time) if type(time) is str else None
        if type(call_id) is not str or not call_id or event_time is None:
            raise protocol_error("EVENT_FIELD_MISSING", "the line of data capture has no eventId or no inferenceTime")
        halves = {half: _object(captured, name) for name, half in _HALVES.items() if captured.get(name)}
        if not halves:
            raise protocol_error("EVENT_FIELD_MISSING", f"the line of data capture has none of {', '.join(_HALVES)}")
    except ProtocolError as error:
        yield set_aside(payload, error, None, sha256(payload).hexdigest())
        return
    for half, data in halves.items():
        yield _event(call_id, half, event_time, data, model=model, variant=variant, metadata=_metadata(about))


def _event(
    call_id: str,
    half: str,
    event_time: datetime,
    data: Mapping[str, Any],
    *,
    model: str,
    variant: str,
    metadata: Mapping[str, list[str]],
) -> Event:
    text, encoding = data.get("data"), data.get("encoding")
    content_type = _CONTENT_TYPES.get(str(encoding), data.get("observedContentType"))
    dead_letter = None
    payload = (text if type(text) is str else json.dumps(text)).encode()
    if encoding == "BASE64":
        try:
            payload = base64.b64decode(payload, validate=True)
        except ValueError as error:
            dead_letter = DeadLetter("DATA_BASE64_BROKEN", f"the captured data is damaged ({error!s:.80})")
    return Event(
        call_id,
        half,
        "data capture",
        event_time,
        payload,
        model=model,
        component="predictor",
        endpoint=variant,
        content_type=content_type if type(content_type) is str else None,
        metadata=metadata,
        dead_letter=dead_letter,
    )


def _metadata(about: Mapping[str, Any]) -> dict[str, list[str]]:
    names = {"inferenceId": "X-Request-Id", "customAttributes": "X-Amzn-SageMaker-Custom-Attributes"}
    values = {header: about.get(name) for name, header in names.items()}
    return {header: [value if type(value) is str else json.dumps(value)] for header, value in values.items() if value}


def _object(record: object, name: str) -> dict[str, Any]:
    value = record.get(name) if type(record) is dict else None
    if type(value) is not dict:
        raise protocol_error("EVENT_FIELD_MISSING", f"the line of data capture has no object {name}")
    return value


@register_source
@dataclass(frozen=True)
class DataCaptureSource(EventSource):
    """The JSON lines that SageMaker's data capture writes."""

    format = "data-capture"

    path: Location
    """The directory or URL that was configured for the capture, as Spark reads it, such as s3a://bucket/capture."""
    model: str | None = None
    """The model of all lines. By default the endpoint, by the place of each file."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of Spark's source of text, such as {maxFilesPerTrigger: 1000}."""

    @property
    def description(self) -> str:
        """What is read, in a few words."""
        return f"the captured data {self.path}"

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        options = {"recursiveFileLookup": "true", "pathGlobFilter": "*.jsonl", **self.options}
        return data_capture_events(spark.readStream.options(**options).text(self.path), self.model)

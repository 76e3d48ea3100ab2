"""The inference tables in which Databricks logs the calls of a serving endpoint, as events."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from sparkmon.errors import OptionError
from sparkmon.interval import EPOCH
from sparkmon.option_types import TablesLocation
from sparkmon.protocol import events_to_batch
from sparkmon.protocol.attributes import set_aside
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import Event
from sparkmon.schemas import EVENTS
from sparkmon.sources.event_source import EventSource, register_source

_NEEDED = ("databricks_request_id", "status_code", "request", "response")
_TIMES = ("request_time", "timestamp_ms")
_OPTIONAL = ("request_metadata", "requester")


def inference_table_events(table: DataFrame, model: str | None = None) -> DataFrame:
    r"""Turn the rows of an inference table into events.

    Parameters
    ----------
    table : DataFrame
        The payload table of an endpoint, streaming or not: that of the AI Gateway (``request_time``) or the one of
        before (``timestamp_ms``, ``request_metadata``). A row is a call: its request and its response as JSON.
    model : str, optional
        The model of all rows; else ``request_metadata['model_name']``, which tables of the AI Gateway do not have.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.EVENTS``: a request and a response of each row, of the id ``databricks_request_id``;
        of a call that failed (a ``status_code`` from 400 on) the response is an error. The version of
        ``request_metadata`` is the model's; ``requester`` is in the metadata as ``X-Requester``, to tell clients apart.

    Raises
    ------
    OptionError
        A column is missing, or the table has no model's name and none is given.

    Examples
    --------
    >>> calls = spark.sql(
    ...     "SELECT 'r1' AS databricks_request_id, TIMESTAMP '2026-01-05' AS request_time, 200 AS status_code, "
    ...     '\'{"dataframe_records": [{"a": 1}]}\' AS request, \'{"predictions": [0.5]}\' AS response'
    ... )
    >>> inference_table_events(calls, "iris").select("event_id", "event_type", "model").collect()
    [Row(event_id='r1', event_type='request', model='iris'), Row(event_id='r1', event_type='response', model='iris')]
    """
    columns = set(table.columns)
    if missing := [name for name in _NEEDED if name not in columns]:
        raise OptionError(f"got a table without {', '.join(missing)}; expected the payload table of an endpoint")
    times = [name for name in _TIMES if name in columns]
    if not times:
        raise OptionError(f"got an inference table without a time; expected one of {', '.join(_TIMES)}")
    if model is None and "request_metadata" not in columns:
        raise OptionError("the inference table does not say of which model it is; set model to its name")
    chosen = [*_NEEDED, times[0], *(name for name in _OPTIONAL if name in columns)]

    def convert(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield events_to_batch([event for row in batch.to_pylist() for event in _events(row, times[0], model)])

    return table.select(*chosen).mapInArrow(convert, EVENTS)


def _events(row: Mapping[str, Any], time: str, model: str | None) -> Iterator[Event]:
    call_id, event_time = row["databricks_request_id"], _time(row[time])
    about = dict(row.get("request_metadata") or ())
    requester, version = row.get("requester"), about.get("model_version")
    shared: dict[str, Any] = {
        "source": about.get("endpoint_name") or "inference table",
        "model": model or about.get("model_name") or "",
        "component": "predictor",
        "annotations": {"model-version": version} if version else {},
        "metadata": {"X-Requester": [requester]} if requester else {},
    }
    for half in ("request", "response"):
        payload = (row[half] or "").encode()
        if not call_id or event_time is None:
            name = time if call_id else "databricks_request_id"
            error = protocol_error("EVENT_FIELD_MISSING", f"the row of the inference table has no {name}")
            yield set_aside(payload, error, event_time, call_id or sha256(payload).hexdigest())
            continue
        code = row["status_code"] if half == "response" else None
        yield Event(call_id, half, event_time=event_time, payload=payload, status_code=code, **shared)


def _time(stamp: datetime | int | None) -> datetime | None:
    if isinstance(stamp, datetime):
        return stamp.astimezone(timezone.utc)
    with suppress(OverflowError):
        return EPOCH + timedelta(milliseconds=stamp) if stamp else None
    return None


@register_source
@dataclass(frozen=True)
class InferenceTableSource(EventSource):
    """The payload table in which Databricks logs the calls of a serving endpoint."""

    format = "inference-table"

    table: TablesLocation
    """The table, such as ``main.monitoring.flights_payload``, or the path or URL of a Delta table."""
    model: str | None = None
    """The model of all rows; a table of the AI Gateway does not have it."""

    @property
    def description(self) -> str:
        """What is read, in a few words."""
        return f"the inference table {self.table}"

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        stream = spark.readStream.format("delta").option("skipChangeCommits", "true")
        rows = stream.load(self.table) if "/" in self.table else stream.table(self.table)
        return inference_table_events(rows, self.model)

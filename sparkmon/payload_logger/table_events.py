"""The rows of a table as the events that KServe's agent would log of calls with them."""

import time as clock
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone

import orjson
import pyarrow as pa

from sparkmon.errors import OptionError
from sparkmon.payload_logger.payload_event import payload_headers

_SOURCE = "sparkmon-send"


def table_events(
    rows: pa.RecordBatch, model: str, *, prediction: str | None = None, time: str | None = None
) -> Iterator[tuple[dict[str, str], bytes]]:
    """Make the headers and the body of a request for each row, and of a response where there is a prediction.

    Parameters
    ----------
    rows : pyarrow.RecordBatch
        One call each; columns are features, by name. NaN and null are null in the payload.
    model : str
        The name of the InferenceService.
    prediction : str, optional
        The column of what the model answered.
    time : str, optional
        The column of the events' times, timestamps; those without a time zone are UTC. By default now.

    Examples
    --------
    >>> rows = pa.record_batch({"temp": [21.5], "late": [0.25]})
    >>> [body for _, body in table_events(rows, "flights", prediction="late")]
    [b'{"instances":[{"temp":21.5}]}', b'{"predictions":[0.25]}']
    """
    for name in (prediction, time):
        if name is not None and name not in rows.schema.names:
            raise OptionError(f"the table has no column {name!r}; it has {', '.join(rows.schema.names)}")
    if time is not None and not pa.types.is_timestamp(rows.schema.field(time).type):
        raise OptionError(f"the column {time!r} has the type {rows.schema.field(time).type}; expected timestamps")
    for row in rows.to_pylist():
        moment = row.pop(time) if time is not None else None
        answer = {"predictions": [row.pop(prediction)]} if prediction is not None else None
        call, time_ns = uuid.uuid4().hex, clock.time_ns() if moment is None else _nanoseconds(moment)
        headers = payload_headers("request", call, time_ns, inference_service=model, source=_SOURCE)
        yield headers, orjson.dumps({"instances": [row]}, default=str)
        if answer is not None:
            headers = payload_headers("response", call, time_ns, inference_service=model, source=_SOURCE)
            yield headers, orjson.dumps(answer, default=str)


def _nanoseconds(moment: datetime) -> int:
    utc = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
    return round(utc.timestamp() * 1e6) * 1_000

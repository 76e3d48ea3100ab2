"""Who asks in the demonstration: five honest callers, and one that attacks."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from sparkmon.adversaries import ClientIdentity, clients_of
from sparkmon.demo.flights import FEATURES, MODEL
from sparkmon.protocol import ROWS, decode_events, events_to_batch
from sparkmon.records import Event

CLIENT_HEADER = "X-Client-Id"
IDENTITY = f"header {CLIENT_HEADER}"
HONEST = ("website", "app", "kiosk", "airport", "partner")
ATTACKER = "mallory"

_BEGIN = datetime(2013, 1, 1, tzinfo=timezone.utc)
_ROWS_PER_CALL = 16


class Call(NamedTuple):
    """A call that the model answered."""

    caller: str
    time: datetime
    instances: list[dict[str, Any]]
    predictions: list[float]


def honest_calls(flights: pa.Table, scores: list[float]) -> Iterator[Call]:
    """Return calls of the honest, one a second."""
    rows = list(zip(*(flights[name].to_pylist() for name in FEATURES), strict=True))
    for place, first in enumerate(range(0, len(rows), _ROWS_PER_CALL)):
        some = slice(first, first + _ROWS_PER_CALL)
        instances = [dict(zip(FEATURES, row, strict=True)) for row in rows[some]]
        yield Call(HONEST[place % len(HONEST)], _BEGIN + timedelta(seconds=place), instances, scores[some])


def kept_rows(calls: Iterable[Call]) -> pa.Table:
    """Return the rows of calls as a monitor's table ``rows`` has them."""
    events = [
        Event(
            event_id=f"{call.caller}-{place}",
            event_type="response",
            source="predictor",
            event_time=call.time,
            payload=orjson.dumps({"predictions": call.predictions}),
            request_payload=orjson.dumps({"instances": call.instances}),
            model=MODEL,
            content_type="application/json",
            metadata={CLIENT_HEADER: [call.caller]},
        )
        for place, call in enumerate(calls)
    ]
    identities = {MODEL: ClientIdentity.parse(IDENTITY)}
    tables = []
    for decoded in decode_events(events_to_batch(events)):
        places = np.repeat(np.arange(len(decoded.counts)), np.maximum(decoded.counts, 1))
        batch = decoded.rows()
        clients = clients_of(identities, batch, decoded.events, pa.array(places))
        tables.append(pa.Table.from_arrays([*batch.columns, clients], schema=ROWS))
    return pa.concat_tables(tables)

"""Who asks in the demonstration: five honest callers, and one that attacks."""

from datetime import datetime, timedelta, timezone

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


def honest_rows(flights: pa.Table, scores: list[float]) -> pa.Table:
    """Return calls of the honest as a monitor's table ``rows`` has them: what ``sparkmon clients`` learns from."""
    columns = [flights[name].to_pylist() for name in FEATURES]
    rows = list(zip(*columns, strict=True))
    events = []
    for call, first in enumerate(range(0, len(rows), _ROWS_PER_CALL)):
        some = slice(first, first + _ROWS_PER_CALL)
        instances = [dict(zip(FEATURES, row, strict=True)) for row in rows[some]]
        events.append(
            Event(
                event_id=f"honest-{call}",
                event_type="response",
                source="predictor",
                event_time=_BEGIN + timedelta(seconds=call),
                payload=orjson.dumps({"predictions": scores[some]}),
                request_payload=orjson.dumps({"instances": instances}),
                model=MODEL,
                content_type="application/json",
                metadata={CLIENT_HEADER: [HONEST[call % len(HONEST)]]},
            )
        )
    identities = {MODEL: ClientIdentity.parse(IDENTITY)}
    tables = []
    for decoded in decode_events(events_to_batch(events)):
        places = np.repeat(np.arange(len(decoded.counts)), np.maximum(decoded.counts, 1))
        batch = decoded.rows()
        clients = clients_of(identities, batch, decoded.events, pa.array(places))
        tables.append(pa.Table.from_arrays([*batch.columns, clients], schema=ROWS))
    return pa.concat_tables(tables)

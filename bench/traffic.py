"""Seeded events as KServe's logger sends them, in a spool, and the same rows already decoded, in Parquet."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sparkmon.logs import SpoolWriter
from sparkmon.protocol import events_to_batch, from_http
from sparkmon.records import Event

__all__ = [
    "COLUMNS",
    "DELAY",
    "MODEL",
    "WINDOW",
    "WINDOWS",
    "headers",
    "health_check",
    "normals",
    "request",
    "write_traffic",
]

MODEL = "bench"
COLUMNS = [f"f{index:02}" for index in range(20)]
WINDOW, WINDOWS, DELAY = "1 hour", 4, "10 minutes"

_START = datetime(2026, 1, 5, tzinfo=timezone.utc)
_GROUP = 64
"""Events that one fsync of the receiver stores when 64 are in flight: so many stand in one block of the spool."""


def normals(rows: int, seed: int) -> NDArray[np.float64]:
    """Draw ``rows`` by 20 standard normal numbers."""
    return np.random.default_rng(seed).standard_normal((rows, len(COLUMNS)))


def headers(event_id: str, half: str, time: datetime) -> dict[str, str]:
    """Make the HTTP headers of one event, those of KServe's agent."""
    when = time.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "Ce-Specversion": "1.0",
        "Ce-Id": event_id,
        "Ce-Type": f"org.kubeflow.serving.inference.{half}",
        "Ce-Source": "bench-predictor-00001-deployment-5d4f",
        "Ce-Time": when,
        "Ce-Recordedtime": when,
        "Ce-Inferenceservicename": MODEL,
        "Ce-Namespace": "bench",
        "Ce-Component": "predictor",
        "Ce-Endpoint": "default",
        "Ce-Metadata": f'{{"X-Request-Id": ["{event_id}"]}}',
        "Content-Type": "application/json",
    }


def write_traffic(spool: Path, decoded: Path, events: int) -> None:
    """Write requests of one row each, their times spread over four windows, and what lets the last window close.

    Parameters
    ----------
    spool : Path
        A new spool: the events as the receiver keeps them, V1 bodies of numbers in full precision.
    decoded : Path
        A directory for one Parquet file: a double per feature and ``event_time``.
    events : int
        How many.
    """
    values = normals(events, seed=1)
    step = timedelta(hours=WINDOWS) / events
    later = _START + timedelta(hours=WINDOWS + 2)
    times = [*(_START + step * place for place in range(events)), later]
    with SpoolWriter(spool) as writer:
        for first in range(0, events, _GROUP):
            rows = range(first, min(first + _GROUP, events))
            writer.append(events_to_batch([request(row, times[row], values[row]) for row in rows]))
        writer.append(events_to_batch([health_check(later)]))
    decoded.mkdir(parents=True)
    columns = np.vstack([values, np.full((1, len(COLUMNS)), np.nan)]).T
    table = pa.table(
        {
            "event_time": pa.array(times, pa.timestamp("us", tz="UTC")),
            **{name: pa.array(column, from_pandas=True) for name, column in zip(COLUMNS, columns, strict=True)},
        }
    )
    pq.write_table(table, decoded / "rows.parquet", row_group_size=-(-events // 4))


def request(number: int, time: datetime, row: NDArray[np.float64]) -> Event:
    """Make the event of a request of one row."""
    body = orjson.dumps({"instances": [row]}, option=orjson.OPT_SERIALIZE_NUMPY)
    return from_http(headers(f"call-{number}", "request", time), body)


def health_check(time: datetime) -> Event:
    """Make an event without rows, which moves the clock of its model."""
    return from_http(headers(f"health-{time.isoformat()}", "response", time), b'{"name": "bench", "ready": true}')

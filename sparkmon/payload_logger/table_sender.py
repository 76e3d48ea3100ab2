"""Posts a table to a receiver, a batch of rows at a time."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import httpx
import pyarrow as pa
import pyarrow.dataset as ds

from sparkmon.backoff import Backoff, is_temporary
from sparkmon.errors import OptionError, SparkmonError
from sparkmon.payload_logger.table_events import table_events
from sparkmon.protocol.structured_batch import BATCH_TYPE, to_structured_batch

_ROWS = 100
"""Rows of one post."""
_TIMEOUT_S = 30.0
_TRIES, _PAUSES = 8, Backoff(0.2, 5.0)


def open_rows(table: Path) -> ds.Dataset:
    """Open a Parquet or CSV file, or a directory of them; OptionError if it is none."""
    suffixes = {path.suffix.lower() for path in (table.rglob("*") if table.is_dir() else [table])}
    kind: Literal["csv", "parquet"] = "csv" if ".csv" in suffixes else "parquet"
    try:
        return ds.dataset(table, format=kind)
    except (OSError, pa.ArrowException) as error:
        raise OptionError(f"cannot read {table} as {kind}: {error}") from error


def send_rows(
    rows: ds.Dataset,
    model: str,
    url: str,
    *,
    prediction: str | None = None,
    time_column: str | None = None,
    rate: float = 0.0,
    headers: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Post each row as a call of a model (see :func:`table_events`); yield how many have been sent.

    ``rate`` is in rows a second; 0 is as fast as the receiver takes them. A receiver that is busy is asked again.

    Raises SparkmonError: no receiver answers, or it refuses.
    """
    headers = {**(headers or {}), "Content-Type": BATCH_TYPE}
    start, count = time.monotonic(), 0
    with httpx.Client(timeout=_TIMEOUT_S) as client:
        for batch in rows.to_batches(batch_size=_ROWS):
            for first in range(0, batch.num_rows, _ROWS):
                part = batch.slice(first, _ROWS)
                events = table_events(part, model, prediction=prediction, time=time_column)
                _post(client, url, headers, to_structured_batch(events))
                count += part.num_rows
                yield count
                if rate:
                    time.sleep(max(0.0, start + count / rate - time.monotonic()))


def _post(client: httpx.Client, url: str, headers: Mapping[str, str], body: bytes) -> None:
    for failures in range(_TRIES):
        try:
            answer = client.post(url, content=body, headers=headers)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise OptionError(f"got the URL {url!r}; expected http://HOST:PORT/: {error}") from error
        except httpx.TransportError as error:
            raise SparkmonError(f"no receiver answers at {url} ({error}); start one: sparkmon receive spool") from error
        if answer.is_success:
            return
        if not is_temporary(answer.status_code):
            break
        time.sleep(_PAUSES.pause_s(failures))
    raise SparkmonError(f"{url} answered {answer.status_code}: {answer.text[:200].strip()}")

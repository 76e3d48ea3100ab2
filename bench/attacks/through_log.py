"""Rows and answers through the log: KServe's events as bytes, paired and decoded as the monitor does, without Spark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from sparkmon.adversaries import Baseline, ClientIdentity, ClientRows, Honest, clients_of, rows_by_client
from sparkmon.detectors import Columns
from sparkmon.protocol import ROWS, Cells, decode_events, events_to_batch, from_http
from sparkmon.receiver.pairing_buffer import PairingBuffer
from sparkmon.records import Feature

__all__ = ["MODEL", "ROW_US", "START", "by_client", "calibrate", "kept"]

MODEL = "attacked"
ROW_US = 50_000
"""A row comes each 50 ms,"""
START = datetime(2026, 1, 5, tzinfo=timezone.utc)
"""from then on."""
_IDENTITIES = {MODEL: ClientIdentity.parse("header X-Client-Id")}
_AT_ONCE = 10_000


def calibrate(streams: pd.DataFrame) -> Baseline:
    """Learn from the streams ``reference`` and ``honest``, as ``sparkmon clients`` does."""
    reference = streams[streams["stream"] == "reference"]
    features, scores = _parts(reference)
    is_text = [features[name].dtype == object for name in features]
    named = [
        Feature(str(name), "categorical" if text else "numeric") for name, text in zip(features, is_text, strict=True)
    ]
    numbers = [np.full(len(features), np.nan) if text else features.iloc[:, at] for at, text in enumerate(is_text)]
    matrix = np.column_stack(numbers).astype(float)
    texts: dict[int, Any] = {at: pa.array(features.iloc[:, at]) for at, text in enumerate(is_text) if text}
    cells = Cells((*map(str, features),), matrix, ~np.isnan(matrix), texts)
    columns = Columns.of(named, cells)
    honest = Honest.of(columns, columns.read(cells), scores.to_numpy(float))
    return Baseline.fit(honest, by_client(honest, streams[streams["stream"] == "honest"]))


def by_client(honest: Honest, stream: pd.DataFrame) -> Iterator[tuple[str, ClientRows]]:
    """Read a stream as the monitor does: client by client, in the order in which they asked."""
    return rows_by_client(honest, kept(stream))


def kept(stream: pd.DataFrame) -> pa.Table:
    """Return what the table ``rows`` has of calls of one row each."""
    starts = range(0, len(stream), _AT_ONCE)
    return pa.concat_tables(_some_kept(stream.iloc[first : first + _AT_ONCE], first) for first in starts)


def _some_kept(stream: pd.DataFrame, first: int) -> pa.Table:
    features, scores = _parts(stream)
    pairing, events = PairingBuffer(60), []
    calls = zip(stream["client"], features.to_dict("records"), scores.to_numpy(float).tolist(), strict=True)
    for number, (client, row, answer) in enumerate(calls, first):
        for half, body in (("request", {"instances": [row]}), ("response", {"predictions": [answer]})):
            event = from_http(_headers(f"e{number:07d}", half, client, number), orjson.dumps(body))
            events.append(pairing.pair(event))
    tables = []
    for decoded in decode_events(events_to_batch(events)):
        assert decoded.dead_letters().num_rows == 0
        places = np.repeat(np.arange(len(decoded.counts)), np.maximum(decoded.counts, 1))
        rows = decoded.rows()
        columns: list[Any] = [*rows.columns, clients_of(_IDENTITIES, rows, decoded.events, pa.array(places))]
        tables.append(pa.Table.from_batches([pa.RecordBatch.from_arrays(columns, schema=ROWS)]))
    return pa.concat_tables(tables)


def _headers(event_id: str, half: str, client: str, number: int) -> dict[str, str]:
    return {
        "Ce-Id": event_id,
        "Ce-Type": f"org.kubeflow.serving.inference.{half}",
        "Ce-Source": "predictor",
        "Ce-Time": (START + timedelta(microseconds=ROW_US * number)).isoformat().replace("+00:00", "Z"),
        "Ce-Inferenceservicename": MODEL,
        "Ce-Component": "predictor",
        "Ce-Metadata": orjson.dumps({"X-Client-Id": [client]}).decode(),
        "Content-Type": "application/json",
    }


def _parts(stream: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the features and the scores."""
    scores = [name for name in stream if str(name)[0] == "p" and str(name)[1:].isdigit()]
    return stream.drop(columns=["stream", "client", *scores]), stream[scores].dropna(axis=1)
